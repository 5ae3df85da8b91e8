{{- define "library.objects.poddisruptionbudget" -}}
{{- with .Values.podDisruptionBudget }}
{{- if and .enabled (not $.Values.global.suspend) (ne (include "library.kind" $) "Job") }}
{{- $limit := .maxUnavailable | default (.minAvailable | default "100%") }}
apiVersion: policy/v1
kind: PodDisruptionBudget
{{ include "library.metadata" (dict "context" $ "object" (include "library.workloadName" $)) }}
spec:
  {{ empty .maxUnavailable | ternary "minAvailable" "maxUnavailable" }}: {{ contains "%" $limit | ternary (quote $limit) $limit }}
  selector:
    matchLabels:
      {{- include "library.selectorLabels" $ | nindent 6 }}
{{- end }}
{{- end }}
{{- end -}}
