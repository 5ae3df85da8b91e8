{{/* The chart's name, as a label. */}}
{{- define "library.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
The name of the release's objects. Pods of a StatefulSet carry its name and a hash in a label of at most 63 characters,
so longer names are cut, and end in a hash of their own that keeps two of them apart.
*/}}
{{- define "library.fullname" -}}
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
{{- define "library.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{ include "library.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end -}}

{{/* Labels by which the release's pods are found. They never change, as a StatefulSet may not change them. */}}
{{- define "library.selectorLabels" -}}
app.kubernetes.io/name: {{ include "library.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* The pod's ServiceAccount. */}}
{{- define "library.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "library.fullname" .) "default") -}}
{{- end -}}

{{/* Metadata of an object. Parameters: context, name (a suffix of the full name, or empty), object (a whole name instead), annotations (a map). */}}
{{- define "library.metadata" -}}
metadata:
  name: {{ .object | default (printf "%s%s" (include "library.fullname" .context) (.name | default "")) | quote }}
  namespace: {{ .context.Release.Namespace | quote }}
  labels:
    {{- include "library.labels" .context | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- range $name, $value := . }}
    {{ $name | quote }}: {{ $value | quote }}
    {{- end }}
  {{- end }}
{{- end -}}
