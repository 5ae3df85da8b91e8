{{/*
Gives every option that is absent or null the default of values.yaml, in the values themselves. Helm takes a default away where
a user says null, and `--reuse-values` takes the values of an older chart, which has no newer options. Each template file begins
with it, as Helm renders files in no order of ours. In a map with free keys (labels, limits) null means that there is no such key.
*/}}
{{- define "library.complete" -}}
{{- include "library.complete.map" (dict "values" .Values "defaults" (include "library.defaults" . | fromJson)) -}}
{{- end -}}

{{/* Parameters: values (a map) and defaults, a map in which a list of one item holds a default, and a map further options. */}}
{{- define "library.complete.map" -}}
{{- $values := .values -}}
{{- range $name, $default := .defaults -}}
{{- $given := index $values $name -}}
{{- if kindIs "map" $default -}}
{{- if kindIs "invalid" $given -}}
{{- $given = dict -}}
{{- $_ := set $values $name $given -}}
{{- end -}}
{{- include "library.complete.map" (dict "values" $given "defaults" $default) -}}
{{- else if kindIs "invalid" $given -}}
{{- $_ := set $values $name (first $default) -}}
{{- else if and (kindIs "map" $given) (not (has $name (list "podSecurityContext" "securityContext"))) -}}
{{- include "library.complete.free" $given -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Takes what is null out of a map with free keys, and out of those in it. Parameter: the map. */}}
{{- define "library.complete.free" -}}
{{- $map := . -}}
{{- range $name, $value := deepCopy . -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $map $name -}}
{{- else if kindIs "map" $value -}}
{{- include "library.complete.free" (index $map $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
