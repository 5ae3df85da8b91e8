{{- define "library.store.secret" -}}
{{- printf "%s-store" (include "library.fullname" .) -}}
{{- end -}}

{{- define "library.store.password" -}}
{{- include "library.generated" (dict "context" . "secret" (include "library.store.secret" .) "key" "password" "values" .Values.store "option" "password") -}}
{{- end -}}

{{- define "library.store.volumes" -}}
- name: store
  secret:
    secretName: {{ include "library.store.secret" . | quote }}
{{- end -}}

{{- define "library.store.mounts" -}}
- name: store
  mountPath: /etc/store
  readOnly: true
{{- end -}}

{{- define "library.store.checksums" -}}
{{- with include "library.store.password" . }}
checksum/store: {{ . | sha256sum }}
{{- end }}
{{- end -}}

{{- define "library.objects.secret-store" -}}
apiVersion: v1
kind: Secret
{{ include "library.metadata" (dict "context" . "object" (include "library.store.secret" .)) }}
data:
  name: {{ .Values.store.name | b64enc | quote }}
  password: {{ include "library.store.password" . | b64enc | quote }}
{{- end -}}

{{- define "library.store.notes" -}}
- Your password: {{ include "library.store.password" . }}
{{- end -}}
