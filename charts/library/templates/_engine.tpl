{{/* `http://name:port` of the service in its namespace. */}}
{{- define "library.engine.url" -}}
http://{{ include "library.fullname" . }}:{{ include "library.port" . }}
{{- end -}}

{{/*
Notes of a service without pages. Parameters: context, user (or none), how: what is said of how to connect, and backup: whether
it has the scripts for that.
*/}}
{{- define "library.engine.notes" -}}
{{- $context := .context -}}
{{- $title := include "library.title" $context -}}
{{- $host := printf "%s.%s" (include "library.fullname" $context) $context.Release.Namespace -}}
{{ include "library.notes.message" $context }}
### {{ include "library.say" (dict "context" $context "en" "Service access") }}
{{ if $context.Values.global.suspend }}
- {{ include "library.say" (dict "context" $context "en" "%s is suspended; its volume is kept." "with" (list $title)) }}
{{- else }}
- {{ include "library.say" (dict "context" $context "en" "Address in the cluster: `%s`, port %d" "with" (list $host (int (include "library.port" $context)))) }}
{{- end }}
{{- with .user }}
- {{ include "library.say" (dict "context" $context "en" "User:") }} `{{ . }}`
{{- end }}
{{ include "library.notes.password" $context }}

{{ .how }}
{{- if .backup }}
{{ include "library.notes.backup" $context }}
{{- end }}
{{- if not (and $context.Values.persistence.enabled (or $context.Values.persistence.existingClaim $context.Values.persistence.keep)) }}
{{ include "library.say" (dict "context" $context "en" "The data is **deleted with the service**.") }}
{{- end }}
{{ include "library.notes.lifecycle" $context }}
{{- end -}}
