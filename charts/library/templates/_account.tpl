{{- define "library.objects.serviceaccount" -}}
{{- if .Values.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
{{ include "library.metadata" (dict "context" . "object" (include "library.serviceAccountName" .) "annotations" .Values.serviceAccount.annotations) }}
# Pods that use the token ask for it themselves.
automountServiceAccountToken: false
{{- end }}
{{- end -}}

{{/* Not empty when something in the pod uses the token of the ServiceAccount: the user, or the login to Vault. */}}
{{- define "library.usesToken" -}}
{{- if (.Values.kubernetes).enabled -}}
kubernetes
{{- else if and (.Values.vault).enabled .Values.vault.url (not .Values.vault.token) -}}
vault
{{- end -}}
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
