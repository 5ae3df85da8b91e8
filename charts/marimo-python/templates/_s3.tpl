{{/* The object store as a URL: HTTPS unless the endpoint says otherwise. */}}
{{- define "marimo-python.s3.url" -}}
{{- with .Values.s3.endpoint -}}
{{- contains "://" . | ternary . (printf "https://%s" .) | trimSuffix "/" -}}
{{- end -}}
{{- end -}}

{{/* The object store as a host, and its port when it is not the scheme's own. */}}
{{- define "marimo-python.s3.host" -}}
{{- regexReplaceAll "^[a-z]+://" .Values.s3.endpoint "" | trimSuffix "/" -}}
{{- end -}}
