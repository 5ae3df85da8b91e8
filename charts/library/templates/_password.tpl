{{/*
A password that nobody chose: the one in the release's Secret if there is one, else a new one. It is stored in the values,
so that all templates of one rendering agree on it. Parameters: context, secret, key, values (the map) and option (its key).
*/}}
{{- define "library.generated" -}}
{{- if not (get .values .option) -}}
{{- $found := (lookup "v1" "Secret" .context.Release.Namespace .secret).data | default dict -}}
{{- $_ := set .values .option (get $found .key | b64dec | default (randAlphaNum 24)) -}}
{{- end -}}
{{- get .values .option -}}
{{- end -}}

{{/* The Secret that holds the service's password. */}}
{{- define "library.password.secret" -}}
{{- .Values.security.existingSecret | default (printf "%s-secrettoken" (include "library.fullname" .)) -}}
{{- end -}}

{{/* The service's password. */}}
{{- define "library.password" -}}
{{- if .Values.security.existingSecret -}}
{{- get ((lookup "v1" "Secret" .Release.Namespace .Values.security.existingSecret).data | default dict) "PASSWORD" | b64dec -}}
{{- else -}}
{{- include "library.generated" (dict "context" . "secret" (include "library.password.secret" .) "key" "PASSWORD" "values" .Values.security "option" "password") -}}
{{- end -}}
{{- end -}}

{{- define "library.password.volumes" -}}
- name: password
  secret:
    secretName: {{ include "library.password.secret" . | quote }}
{{- end -}}

{{- define "library.password.mounts" -}}
- name: password
  mountPath: /etc/service/password
  readOnly: true
{{- end -}}

{{- define "library.password.checksums" -}}
{{- if not .Values.security.existingSecret }}
checksum/token: {{ include "library.password" . | sha256sum }}
{{- end }}
{{- end -}}

{{- define "library.objects.secret-token" -}}
{{- if not .Values.security.existingSecret }}
apiVersion: v1
kind: Secret
{{ include "library.metadata" (dict "context" . "object" (include "library.password.secret" .)) }}
stringData:
  PASSWORD: {{ include "library.password" . | quote }}
{{- end }}
{{- end -}}
