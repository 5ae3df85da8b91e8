{{/*
Annotations of an Ingress, those of the values last: web sockets and kernels stay silent for long, notebooks are large.
ingress-nginx and Contour are told so; Contour would refuse web sockets, and end what takes longer than 15 seconds.
Parameters: context, and the path of the Ingress.
*/}}
{{- define "library.ingress.annotations" -}}
{{- $values := .context.Values -}}
{{- $annotations := dict
      "nginx.ingress.kubernetes.io/proxy-body-size" "0"
      "nginx.ingress.kubernetes.io/proxy-read-timeout" "86400"
      "nginx.ingress.kubernetes.io/proxy-send-timeout" "86400"
      "projectcontour.io/response-timeout" "infinity"
      "projectcontour.io/websocket-routes" .path -}}
{{- with $values.security.allowlist -}}
{{- if .enabled -}}
{{- $_ := set $annotations "nginx.ingress.kubernetes.io/whitelist-source-range" .ip -}}
{{- end -}}
{{- end -}}
{{- with $values.ingress -}}
{{- if .useCertManager -}}
{{- $_ := set $annotations "cert-manager.io/cluster-issuer" .certManagerClusterIssuer -}}
{{- if .ingressClassName -}}
{{- $_ := set $annotations "acme.cert-manager.io/http01-ingress-class" .ingressClassName -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson (mergeOverwrite $annotations (deepCopy ($values.ingress.annotations | default dict))) -}}
{{- end -}}

{{/*
A whole Ingress. Parameters: context, name (suffix), path and rules, a list of {host, port}. Each Ingress has a certificate
of its own, as cert-manager makes one for each Secret's name.
*/}}
{{- define "library.ingress" -}}
{{- $ingress := .context.Values.ingress -}}
{{- $fullname := include "library.fullname" .context -}}
{{- $option := eq .name "-user" | ternary "ingress.userHostname" "ingress.hostname" -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
{{ include "library.metadata" (dict "context" .context "name" .name "annotations" (include "library.ingress.annotations" . | fromJson)) }}
spec:
  {{- with $ingress.ingressClassName }}
  ingressClassName: {{ . | quote }}
  {{- end }}
  {{- if $ingress.tls }}
  tls:
    - hosts:
        {{- range .rules }}
        - {{ include "library.host" (dict "host" .host "option" $option) | quote }}
        {{- end }}
      {{- if and $ingress.useTlsSecret $ingress.tlsSecretName }}
      secretName: {{ $ingress.tlsSecretName | quote }}
      {{- else if or $ingress.useCertManager $ingress.useTlsSecret }}
      secretName: {{ printf "tls-cert-%s%s" $fullname (eq .name "-ui" | ternary "" .name) | quote }}
      {{- end }}
  {{- end }}
  rules:
    {{- range .rules }}
    - host: {{ include "library.host" (dict "host" .host "option" $option) | quote }}
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

{{- define "library.objects.ingress" -}}
{{- if and .Values.ingress.enabled (not .Values.global.suspend) }}
{{ include "library.ingress" (dict "context" . "name" "-ui" "path" .Values.ingress.path "rules" (list (dict "host" .Values.ingress.hostname "port" .Values.networking.service.port))) }}
{{- end }}
{{- end -}}

{{- define "library.objects.ingress-user" -}}
{{- $ports := include "library.userPorts" . | fromJsonArray }}
{{- if and .Values.ingress.enabled (not .Values.global.suspend) $ports }}
{{- $rules := list }}
{{- range $port := $ports }}
{{- $host := include "library.userHost" (dict "host" $.Values.ingress.userHostname "port" $port "ports" $ports) }}
{{- $rules = append $rules (dict "host" $host "port" $port) }}
{{- end }}
{{ include "library.ingress" (dict "context" . "name" "-user" "path" .Values.ingress.userPath "rules" $rules) }}
{{- end }}
{{- end -}}
