{{/* A quantity of Kubernetes as a number. Parameter: the quantity. */}}
{{- define "library.quantity" -}}
{{- $text := toString . -}}
{{- $number := regexFind "^[0-9.]+" $text -}}
{{- $unit := trimPrefix $number $text -}}
{{- $units := dict "n" 0.000000001 "u" 0.000001 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "Pi" 1125899906842624.0 "Ei" 1152921504606846976.0 -}}
{{- if regexMatch "^[eE][-+]?[0-9]+$" $unit -}}
{{- float64 $text -}}
{{- else -}}
{{- mulf (float64 $number) (get $units $unit | default 1.0) -}}
{{- end -}}
{{- end -}}

{{/*
Requests and limits of a container. What is not given has a default, which gives way to what is: a request is never above
its limit for that. A quantity of 0 is left out, and then there is none. Parameters: given, requests and limits (the defaults).
*/}}
{{- define "library.resources.filled" -}}
{{- $given := .given | default dict -}}
{{- $requests := deepCopy ($given.requests | default dict) -}}
{{- $limits := deepCopy ($given.limits | default dict) -}}
{{- range $name, $default := .requests -}}
{{- $limit := get $limits $name -}}
{{- if empty (get $requests $name) -}}
{{- $size := include "library.quantity" ($limit | default "0") | float64 -}}
{{- $lower := and (gt $size 0.0) (lt $size (include "library.quantity" $default | float64)) -}}
{{- $_ := set $requests $name ($lower | ternary $limit $default) -}}
{{- end -}}
{{- end -}}
{{- range $name, $default := .limits -}}
{{- if empty (get $limits $name) -}}
{{- $request := get $requests $name -}}
{{- $higher := gt (include "library.quantity" $request | float64) (include "library.quantity" $default | float64) -}}
{{- $_ := set $limits $name ($higher | ternary $request $default) -}}
{{- end -}}
{{- end -}}
{{- range $quantities := list $requests $limits -}}
{{- range $name, $quantity := $quantities -}}
{{- if or (empty $quantity) (eq (include "library.quantity" $quantity | float64) 0.0) -}}
{{- $_ := unset $quantities $name -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml (merge (dict "requests" $requests "limits" $limits) (omit $given "requests" "limits")) -}}
{{- end -}}

{{/* Those of the service's own container. */}}
{{- define "library.resources" -}}
{{- include "library.resources.filled" (dict "given" (toYaml .Values.resources | fromYaml) "requests" (dict "cpu" "100m" "memory" "512Mi") "limits" (dict "cpu" "30" "memory" "50Gi")) -}}
{{- end -}}

{{/* Those of the container that prepares files, whose limits are options too. Parameter: what is given. */}}
{{- define "library.resources.prepare" -}}
{{- include "library.resources.filled" (dict "given" . "requests" (dict "cpu" "50m" "memory" "50Mi") "limits" dict) -}}
{{- end -}}

{{/* Those of a container that does little. Parameter: what is given. */}}
{{- define "library.resources.small" -}}
{{- include "library.resources.filled" (dict "given" . "requests" (dict "cpu" "50m" "memory" "50Mi") "limits" (dict "cpu" "1" "memory" "512Mi")) -}}
{{- end -}}
