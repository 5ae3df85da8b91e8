{{/* The chart's name, as a label. */}}
{{- define "jupyter-r-python.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
The name of the release's objects. Pods of a StatefulSet carry its name and a hash in a label of at most 63 characters,
so longer names are cut, and end in a hash of their own that keeps two of them apart.
*/}}
{{- define "jupyter-r-python.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- $full = default $full .Values.fullnameOverride -}}
{{- if gt (len $full) 52 -}}
{{- printf "%s-%s" ($full | trunc 43 | trimSuffix "-") ($full | sha256sum | trunc 8) -}}
{{- else -}}
{{- $full -}}
{{- end -}}
{{- end -}}

{{/* Labels of every object. */}}
{{- define "jupyter-r-python.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{ include "jupyter-r-python.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end -}}

{{/* Labels by which the release's pods are found. They never change, as a StatefulSet may not change them. */}}
{{- define "jupyter-r-python.selectorLabels" -}}
app.kubernetes.io/name: {{ include "jupyter-r-python.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* The pod's ServiceAccount. */}}
{{- define "jupyter-r-python.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "jupyter-r-python.fullname" .) "default") -}}
{{- end -}}

{{/* Metadata of an object. Parameters: context, name (a suffix of the full name, or empty), object (a whole name instead), annotations (a map). */}}
{{- define "jupyter-r-python.metadata" -}}
metadata:
  name: {{ .object | default (printf "%s%s" (include "jupyter-r-python.fullname" .context) (.name | default "")) | quote }}
  namespace: {{ .context.Release.Namespace | quote }}
  labels:
    {{- include "jupyter-r-python.labels" .context | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- range $name, $value := . }}
    {{ $name | quote }}: {{ $value | quote }}
    {{- end }}
  {{- end }}
{{- end -}}
