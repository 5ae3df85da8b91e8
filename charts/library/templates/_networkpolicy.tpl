{{- define "library.objects.networkpolicy" -}}
{{- with .Values.security.networkPolicy }}
{{- if .enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
{{ include "library.metadata" (dict "context" $ "object" (include "library.workloadName" $)) }}
spec:
  podSelector:
    matchLabels:
      {{- include "library.selectorLabels" $ | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector: {}
{{- if .from }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
{{ include "library.metadata" (dict "context" $ "object" (printf "%s-2" (include "library.workloadName" $))) }}
spec:
  podSelector:
    matchLabels:
      {{- include "library.selectorLabels" $ | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - from:
        {{- toYaml .from | nindent 8 }}
{{- end }}
{{- end }}
{{- if .egress }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
{{ include "library.metadata" (dict "context" $ "object" (printf "%s-egress" (include "library.workloadName" $))) }}
spec:
  podSelector:
    matchLabels:
      {{- include "library.selectorLabels" $ | nindent 6 }}
  policyTypes: [Egress]
  egress:
    # Without names of hosts, no other rule would be of use.
    - ports:
        - protocol: UDP
          port: 53
        - protocol: TCP
          port: 53
    - to:
        - podSelector: {}
    {{- toYaml .egress | nindent 4 }}
{{- end }}
{{- end }}
{{- end -}}
