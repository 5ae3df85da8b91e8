{{/*
A password that nobody chose: the one in the release's Secret if there is one, else a new one. It is stored in the values,
so that all templates of one rendering agree on it. Parameters: context, secret, key, values (the map) and option (its key).
*/}}
{{- define "jupyter-python.generated" -}}
{{- if not (get .values .option) -}}
{{- $found := (lookup "v1" "Secret" .context.Release.Namespace .secret).data | default dict -}}
{{- $_ := set .values .option (get $found .key | b64dec | default (randAlphaNum 24)) -}}
{{- end -}}
{{- get .values .option -}}
{{- end -}}

{{/* The Secret that holds the service's password. */}}
{{- define "jupyter-python.password.secret" -}}
{{- .Values.security.existingSecret | default (printf "%s-secrettoken" (include "jupyter-python.fullname" .)) -}}
{{- end -}}

{{/* The service's password. */}}
{{- define "jupyter-python.password" -}}
{{- if .Values.security.existingSecret -}}
{{- get ((lookup "v1" "Secret" .Release.Namespace .Values.security.existingSecret).data | default dict) "PASSWORD" | b64dec -}}
{{- else -}}
{{- include "jupyter-python.generated" (dict "context" . "secret" (include "jupyter-python.password.secret" .) "key" "PASSWORD" "values" .Values.security "option" "password") -}}
{{- end -}}
{{- end -}}

{{- define "jupyter-python.password.volumes" -}}
- name: password
  secret:
    secretName: {{ include "jupyter-python.password.secret" . | quote }}
{{- end -}}

{{- define "jupyter-python.password.mounts" -}}
- name: password
  mountPath: /etc/service/password
  readOnly: true
{{- end -}}

{{- define "jupyter-python.password.checksums" -}}
{{- if not .Values.security.existingSecret }}
checksum/token: {{ include "jupyter-python.password" . | sha256sum }}
{{- end }}
{{- end -}}
