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

{{/* What gives the service's account a role. Parameters: context, name (a suffix), kind and role. */}}
{{- define "library.rolebinding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{{ include "library.metadata" (dict "context" .context "name" .name) }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ .role | quote }}
subjects:
  - kind: ServiceAccount
    name: {{ include "library.serviceAccountName" .context | quote }}
    namespace: {{ .context.Release.Namespace | quote }}
{{- end -}}

{{- define "library.objects.rolebinding" -}}
{{- if .Values.kubernetes.enabled }}
{{ include "library.rolebinding" (dict "context" . "kind" "ClusterRole" "role" .Values.kubernetes.role) }}
{{- end }}
{{- end -}}

{{- define "library.objects.rolebinding-scc" -}}
{{- if and .Values.openshiftSCC.enabled .Values.openshiftSCC.scc }}
{{- $role := printf "system:openshift:scc:%s" .Values.openshiftSCC.scc }}
{{ include "library.rolebinding" (dict "context" . "name" "-scc" "kind" "ClusterRole" "role" $role) }}
{{- end }}
{{- end -}}
