{{/* Security context of a container that writes to its volumes only. */}}
{{- define "library.securityContext.readOnly" -}}
{{- $context := include "library.securityContext" . | fromYaml -}}
{{- toYaml (merge $context (dict "readOnlyRootFilesystem" true)) -}}
{{- end -}}

{{/* Security context of the service's own container. */}}
{{- define "library.securityContext.service" -}}
{{- include (default false .Values.security.readOnlyRoot | ternary "library.securityContext.readOnly" "library.securityContext") . -}}
{{- end -}}

{{/* What a service needs that cannot write into its image. */}}
{{- define "library.readOnly.volumes" -}}
{{- if .Values.security.readOnlyRoot }}
- name: tmp
  emptyDir:
    sizeLimit: 5Gi
{{- end }}
{{- end -}}
{{- define "library.readOnly.mounts" -}}
{{- if .Values.security.readOnlyRoot }}
- name: tmp
  mountPath: /tmp
{{- end }}
{{- end -}}
