{{/* The service's image: the one that was chosen, pinned to the digest that this version of the chart was made with. */}}
{{- define "jupyter-python.image" -}}
{{- $image := .Values.service.image -}}
{{- $reference := $image.custom.enabled | ternary $image.custom.version $image.version -}}
{{- $digest := get (include "jupyter-python.digests" . | fromYaml) $reference -}}
{{- if and $digest $image.pinDigest -}}
{{- printf "%s@%s" $reference $digest -}}
{{- else -}}
{{- $reference -}}
{{- end -}}
{{- end -}}
