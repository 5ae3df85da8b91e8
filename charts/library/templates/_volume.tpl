{{/* What the workload's volume is: empty for none, one for all its pods (`one`), one for each (`each`), a claim that is there, or a directory that goes with the pod. */}}
{{- define "library.volume.kind" -}}
{{- if include "library.volume.path" . -}}
{{- if not .Values.persistence.enabled -}}
directory
{{- else if .Values.persistence.existingClaim -}}
existing
{{- else -}}
{{- include "library.volume.each" . | empty | ternary "one" "each" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "library.volume.spec" -}}
accessModes: [{{ .Values.persistence.accessMode }}]
resources:
  requests:
    storage: {{ .Values.persistence.size | quote }}
{{- with .Values.persistence.storageClass }}
storageClassName: {{ eq . "-" | ternary "" . | quote }}
{{- end }}
{{- end -}}

{{/* Annotations of the claim, by which Helm leaves it when the service goes, if it is to be kept. */}}
{{- define "library.volume.annotations" -}}
{{- $annotations := deepCopy (.Values.persistence.annotations | default dict) -}}
{{- if .Values.persistence.keep -}}
{{- $_ := set $annotations "helm.sh/resource-policy" "keep" -}}
{{- end -}}
{{- toJson $annotations -}}
{{- end -}}

{{- define "library.volume.mounts" -}}
{{- with include "library.volume.path" . }}
- name: home
  mountPath: {{ . | quote }}
  subPath: {{ include "library.volume.subPath" $ | quote }}
{{- end }}
{{- end -}}

{{- define "library.objects.pvc" -}}
{{- if eq (include "library.volume.kind" .) "one" }}
apiVersion: v1
kind: PersistentVolumeClaim
{{ include "library.metadata" (dict "context" . "object" (include "library.workloadName" .) "annotations" (include "library.volume.annotations" . | fromJson)) }}
spec:
  {{- include "library.volume.spec" . | nindent 2 }}
{{- end }}
{{- end -}}
