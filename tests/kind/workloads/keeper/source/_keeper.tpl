{{- define "library.keeper.notes" -}}
{{ include "library.title" . }} runs.
{{- end -}}
