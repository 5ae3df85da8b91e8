{{/* The host name of one of several user ports: <name>-<port>.<domain>. Parameters: host, port and ports. */}}
{{- define "library.userHost" -}}
{{- if gt (len .ports) 1 -}}
{{- regexReplaceAll "^([^.]+)" .host (printf "${1}-%d" (int .port)) -}}
{{- else -}}
{{- .host -}}
{{- end -}}
{{- end -}}

{{/* URL of the service, as its user types it; empty when nothing exposes it. */}}
{{- define "library.url" -}}
{{- if (.Values.ingress).enabled -}}
{{- printf "%s://%s%s" (.Values.ingress.tls | ternary "https" "http") .Values.ingress.hostname .Values.ingress.path -}}
{{- else if (.Values.route).enabled -}}
{{- printf "https://%s/" .Values.route.hostname -}}
{{- else if (.Values.httproute).enabled -}}
{{- printf "https://%s%s" .Values.httproute.hostname .Values.httproute.path -}}
{{- else if (.Values.istio).enabled -}}
{{- printf "https://%s%s" .Values.istio.hostname .Values.istio.path -}}
{{- end -}}
{{- end -}}

{{/* URL of a user port. Parameters: context, port and ports. */}}
{{- define "library.userUrl" -}}
{{- $values := .context.Values -}}
{{- if ($values.ingress).enabled -}}
{{- printf "%s://%s%s" ($values.ingress.tls | ternary "https" "http") (include "library.userHost" (merge (dict "host" $values.ingress.userHostname) .)) $values.ingress.userPath -}}
{{- else if ($values.route).enabled -}}
{{- printf "https://%s/" (include "library.userHost" (merge (dict "host" $values.route.userHostname) .)) -}}
{{- else if ($values.httproute).enabled -}}
{{- printf "https://%s%s" (include "library.userHost" (merge (dict "host" $values.httproute.userHostname) .)) $values.httproute.userPath -}}
{{- else if ($values.istio).enabled -}}
{{- printf "https://%s%s" (include "library.userHost" (merge (dict "host" $values.istio.userHostname) .)) $values.istio.userPath -}}
{{- end -}}
{{- end -}}
