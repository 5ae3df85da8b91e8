{{- define "library.objects.serviceaccount" -}}
{{- if .Values.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
{{ include "library.metadata" (dict "context" . "object" (include "library.serviceAccountName" .) "annotations" .Values.serviceAccount.annotations) }}
{{- end }}
{{- end -}}

{{- define "library.objects.rolebinding" -}}
{{- if .Values.kubernetes.enabled }}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{{ include "library.metadata" (dict "context" .) }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ .Values.kubernetes.role | quote }}
subjects:
  - kind: ServiceAccount
    name: {{ include "library.serviceAccountName" . | quote }}
    namespace: {{ .Release.Namespace | quote }}
{{- end }}
{{- end -}}

{{- define "library.objects.rolebinding-scc" -}}
{{- if and .Values.openshiftSCC.enabled .Values.openshiftSCC.scc }}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{{ include "library.metadata" (dict "context" . "name" "-scc") }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ printf "system:openshift:scc:%s" .Values.openshiftSCC.scc | quote }}
subjects:
  - kind: ServiceAccount
    name: {{ include "library.serviceAccountName" . | quote }}
    namespace: {{ .Release.Namespace | quote }}
{{- end }}
{{- end -}}
