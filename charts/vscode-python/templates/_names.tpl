{{/* The chart's name, as a label. */}}
{{- define "vscode-python.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
The name of the release's objects. Pods of a StatefulSet carry its name and a hash in a label of at most 63 characters,
so longer names are cut, and end in a hash of their own that keeps two of them apart.
*/}}
{{- define "vscode-python.fullname" -}}
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
{{- define "vscode-python.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{ include "vscode-python.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end -}}

{{/* Labels by which the release's pods are found. They never change, as a StatefulSet may not change them. */}}
{{- define "vscode-python.selectorLabels" -}}
app.kubernetes.io/name: {{ include "vscode-python.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* The pod's ServiceAccount. */}}
{{- define "vscode-python.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "vscode-python.fullname" .) "default") -}}
{{- end -}}

{{/* Metadata of an object. Parameters: context, name (a suffix of the full name, or empty), object (a whole name instead), annotations (a map). */}}
{{- define "vscode-python.metadata" -}}
metadata:
  name: {{ .object | default (printf "%s%s" (include "vscode-python.fullname" .context) (.name | default "")) | quote }}
  namespace: {{ .context.Release.Namespace | quote }}
  labels:
    {{- include "vscode-python.labels" .context | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- range $name, $value := . }}
    {{ $name | quote }}: {{ $value | quote }}
    {{- end }}
  {{- end }}
{{- end -}}
