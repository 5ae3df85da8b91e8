{{/* The host name of one of several user ports: <name>-<port>.<domain>. Parameters: host, port and ports. */}}
{{- define "jupyter-python-gpu.userHost" -}}
{{- if gt (len .ports) 1 -}}
{{- regexReplaceAll "^([^.]+)" .host (printf "${1}-%d" (int .port)) -}}
{{- else -}}
{{- .host -}}
{{- end -}}
{{- end -}}

{{/* Annotations of an Ingress, those of the values last: web sockets and kernels stay silent for long, notebooks are large. */}}
{{- define "jupyter-python-gpu.ingress.annotations" -}}
{{- $annotations := dict
      "nginx.ingress.kubernetes.io/proxy-body-size" "0"
      "nginx.ingress.kubernetes.io/proxy-read-timeout" "86400"
      "nginx.ingress.kubernetes.io/proxy-send-timeout" "86400" -}}
{{- with .Values.security.allowlist -}}
{{- if .enabled -}}
{{- $_ := set $annotations "nginx.ingress.kubernetes.io/whitelist-source-range" .ip -}}
{{- end -}}
{{- end -}}
{{- with .Values.ingress -}}
{{- if .useCertManager -}}
{{- $_ := set $annotations "cert-manager.io/cluster-issuer" .certManagerClusterIssuer -}}
{{- if .ingressClassName -}}
{{- $_ := set $annotations "acme.cert-manager.io/http01-ingress-class" .ingressClassName -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson (mergeOverwrite $annotations (deepCopy (.Values.ingress.annotations | default dict))) -}}
{{- end -}}

{{/*
A whole Ingress. Parameters: context, name (suffix), path and rules, a list of {host, port}. Each Ingress has a certificate
of its own, as cert-manager makes one for each Secret's name.
*/}}
{{- define "jupyter-python-gpu.ingress" -}}
{{- $ingress := .context.Values.ingress -}}
{{- $fullname := include "jupyter-python-gpu.fullname" .context -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
{{ include "jupyter-python-gpu.metadata" (dict "context" .context "name" .name "annotations" (include "jupyter-python-gpu.ingress.annotations" .context | fromJson)) }}
spec:
  {{- with $ingress.ingressClassName }}
  ingressClassName: {{ . | quote }}
  {{- end }}
  {{- if $ingress.tls }}
  tls:
    - hosts:
        {{- range .rules }}
        - {{ .host | quote }}
        {{- end }}
      {{- if and $ingress.useTlsSecret $ingress.tlsSecretName }}
      secretName: {{ $ingress.tlsSecretName | quote }}
      {{- else if or $ingress.useCertManager $ingress.useTlsSecret }}
      secretName: {{ printf "tls-cert-%s%s" $fullname (eq .name "-ui" | ternary "" .name) | quote }}
      {{- end }}
  {{- end }}
  rules:
    {{- range .rules }}
    - host: {{ .host | quote }}
      http:
        paths:
          - path: {{ $.path | quote }}
            pathType: Prefix
            backend:
              service:
                name: {{ $fullname | quote }}
                port:
                  number: {{ int .port }}
    {{- end }}
{{- end -}}

{{/* Annotations of a Route, those of the values last. */}}
{{- define "jupyter-python-gpu.route.annotations" -}}
{{- $annotations := dict "haproxy.router.openshift.io/timeout" "24h" "haproxy.router.openshift.io/timeout-tunnel" "24h" -}}
{{- with .Values.security.allowlist -}}
{{- if .enabled -}}
{{- $_ := set $annotations "haproxy.router.openshift.io/ip_whitelist" (.ip | replace "," " ") -}}
{{- end -}}
{{- end -}}
{{- toJson (mergeOverwrite $annotations (deepCopy (.Values.route.annotations | default dict))) -}}
{{- end -}}

{{/* A whole Route. Parameters: context, name (suffix), host and port. */}}
{{- define "jupyter-python-gpu.route" -}}
{{- $route := .context.Values.route -}}
apiVersion: route.openshift.io/v1
kind: Route
{{ include "jupyter-python-gpu.metadata" (dict "context" .context "name" .name "annotations" (include "jupyter-python-gpu.route.annotations" .context | fromJson)) }}
spec:
  host: {{ .host | quote }}
  {{- if ne $route.tls.termination "passthrough" }}
  path: /
  {{- end }}
  to:
    kind: Service
    name: {{ include "jupyter-python-gpu.fullname" .context | quote }}
    weight: 100
  port:
    targetPort: {{ int .port }}
  tls:
    termination: {{ $route.tls.termination }}
    insecureEdgeTerminationPolicy: Redirect
    {{- range $key := list "key" "certificate" "caCertificate" "destinationCACertificate" }}
    {{- with get $route.tls $key }}
    {{ $key }}: {{ . | quote }}
    {{- end }}
    {{- end }}
  wildcardPolicy: {{ $route.wildcardPolicy | quote }}
{{- end -}}

{{/* A whole HTTPRoute. Parameters: context, name (suffix), path, host and port. */}}
{{- define "jupyter-python-gpu.httproute" -}}
{{- $route := .context.Values.httproute -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
{{ include "jupyter-python-gpu.metadata" (dict "context" .context "name" .name "annotations" $route.annotations) }}
spec:
  {{- with $route.parentRefs }}
  parentRefs:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  hostnames:
    - {{ .host | quote }}
  rules:
    - matches:
        - path:
            type: PathPrefix
            value: {{ .path | quote }}
      # Sessions last as long as the user's browser shows them.
      timeouts:
        request: 0s
      backendRefs:
        - name: {{ include "jupyter-python-gpu.fullname" .context | quote }}
          port: {{ int .port }}
{{- end -}}

{{/* URL of the service, as its user types it; empty when nothing exposes it. */}}
{{- define "jupyter-python-gpu.url" -}}
{{- if (.Values.ingress).enabled -}}
{{- printf "%s://%s%s" (.Values.ingress.tls | ternary "https" "http") .Values.ingress.hostname .Values.ingress.path -}}
{{- else if (.Values.route).enabled -}}
{{- printf "https://%s/" .Values.route.hostname -}}
{{- else if (.Values.httproute).enabled -}}
{{- printf "https://%s%s" .Values.httproute.hostname .Values.httproute.path -}}
{{- end -}}
{{- end -}}

{{/* URL of a user port. Parameters: context, port and ports. */}}
{{- define "jupyter-python-gpu.userUrl" -}}
{{- $values := .context.Values -}}
{{- if ($values.ingress).enabled -}}
{{- printf "%s://%s%s" ($values.ingress.tls | ternary "https" "http") (include "jupyter-python-gpu.userHost" (merge (dict "host" $values.ingress.userHostname) .)) $values.ingress.userPath -}}
{{- else if ($values.route).enabled -}}
{{- printf "https://%s/" (include "jupyter-python-gpu.userHost" (merge (dict "host" $values.route.userHostname) .)) -}}
{{- else if ($values.httproute).enabled -}}
{{- printf "https://%s%s" (include "jupyter-python-gpu.userHost" (merge (dict "host" $values.httproute.userHostname) .)) $values.httproute.userPath -}}
{{- end -}}
{{- end -}}
