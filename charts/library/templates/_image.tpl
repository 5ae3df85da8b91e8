{{/* The service's image: the one that was chosen, pinned to the digest that this version of the chart was made with. */}}
{{- define "library.image" -}}
{{- $image := .Values.service.image -}}
{{- $reference := $image.custom.enabled | ternary $image.custom.version $image.version -}}
{{- $own := include (printf "library.workload.%s.image" (.Workload | default "main")) . -}}
{{- include "library.pinned" (dict "context" . "image" ($own | default $reference)) -}}
{{- end -}}

{{/* An image, pinned. Parameters: context and image. */}}
{{- define "library.pinned" -}}
{{- $digest := get (include "library.digests" .context | fromYaml) .image -}}
{{- if and $digest .context.Values.service.image.pinDigest -}}
{{- printf "%s@%s" .image $digest -}}
{{- else -}}
{{- .image -}}
{{- end -}}
{{- end -}}
