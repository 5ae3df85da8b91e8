{{/* The chart's name, as a label; of a contained service or a further workload, with its own behind. */}}
{{- define "library.name" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Outer -}}
{{- $name = include "library.cut" (printf "%s-%s" (include "library.name" .Outer) (default .ServiceKey .Values.nameOverride)) -}}
{{- end -}}
{{- if .Further -}}
{{- $name = include "library.cut" (printf "%s-%s" $name .Key) -}}
{{- end -}}
{{- $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
The name of the release's objects, or of those of a contained service.
*/}}
{{- define "library.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- if .Outer -}}
{{- $full = printf "%s-%s" (include "library.fullname" .Outer) (default .ServiceKey .Values.nameOverride) -}}
{{- end -}}
{{- include "library.cut" (include "library.serviceable" (default $full .Values.fullnameOverride)) -}}
{{- end -}}

{{/* A name as a Service may have it: Helm allows dots, and digits at the beginning. Parameter: the name. */}}
{{- define "library.serviceable" -}}
{{- $name := . | replace "." "-" -}}
{{- regexMatch "^[a-z]" $name | ternary $name (printf "r-%s" $name) -}}
{{- end -}}

{{/* The name of a workload, and of what is its own: its pods, its Service, its volume. */}}
{{- define "library.workloadName" -}}
{{- $full := include "library.fullname" . -}}
{{- if .Further -}}
{{- $full = include "library.cut" (printf "%s-%s" $full .Key) -}}
{{- end -}}
{{- $full -}}
{{- end -}}

{{/*
A name that is short enough. Pods of a StatefulSet carry its name and a hash in a label of at most 63 characters, so longer
names are cut, and end in a hash of their own that keeps two of them apart. Parameter: the name.
*/}}
{{- define "library.cut" -}}
{{- if gt (len .) 52 -}}
{{- printf "%s-%s" (trunc 43 . | trimSuffix "-") (sha256sum . | trunc 8) -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{/* Labels of every object; those of the values cannot take the place of the chart's own. */}}
{{- define "library.labels" -}}
{{- with include "library.commonLabels" . | trim -}}
{{ . }}
{{ end -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{ include "library.selectorLabels" . }}
{{- with include "library.component" . }}
app.kubernetes.io/component: {{ . | quote }}
{{- end }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
{{- end -}}

{{- define "library.commonLabels" -}}
{{- range $name, $value := omit (.Values.commonLabels | default dict) "helm.sh/chart" "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/managed-by" }}
{{ $name | quote }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* Labels by which the pods of a workload are found. They never change, as a StatefulSet may not change them. */}}
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
