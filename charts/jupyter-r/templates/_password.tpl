{{/*
A password that nobody chose: the one in the release's Secret if there is one, else a new one. It is stored in the values,
so that all templates of one rendering agree on it. Parameters: context, secret, key, values (the map) and option (its key).
*/}}
{{- define "jupyter-r.generated" -}}
{{- if not (get .values .option) -}}
{{- $found := (lookup "v1" "Secret" .context.Release.Namespace .secret).data | default dict -}}
{{- $_ := set .values .option (get $found .key | b64dec | default (randAlphaNum 24)) -}}
{{- end -}}
{{- get .values .option -}}
{{- end -}}

{{/* The Secret that holds the service's password. */}}
{{- define "jupyter-r.password.secret" -}}
{{- .Values.security.existingSecret | default (printf "%s-secrettoken" (include "jupyter-r.fullname" .)) -}}
{{- end -}}

{{/* The service's password. */}}
{{- define "jupyter-r.password" -}}
{{- if .Values.security.existingSecret -}}
{{- get ((lookup "v1" "Secret" .Release.Namespace .Values.security.existingSecret).data | default dict) "PASSWORD" | b64dec -}}
{{- else -}}
{{- include "jupyter-r.generated" (dict "context" . "secret" (include "jupyter-r.password.secret" .) "key" "PASSWORD" "values" .Values.security "option" "password") -}}
{{- end -}}
{{- end -}}

{{- define "jupyter-r.password.volumes" -}}
- name: password
  secret:
    secretName: {{ include "jupyter-r.password.secret" . | quote }}
{{- end -}}

{{- define "jupyter-r.password.mounts" -}}
- name: password
  mountPath: /etc/service/password
  readOnly: true
{{- end -}}

{{- define "jupyter-r.password.checksums" -}}
{{- if not .Values.security.existingSecret }}
checksum/token: {{ include "jupyter-r.password" . | sha256sum }}
{{- end }}
{{- end -}}
