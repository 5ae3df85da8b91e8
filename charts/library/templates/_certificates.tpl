{{/* What `certificates.cacerts` is: url, pem, or empty. */}}
{{- define "library.certificates.kind" -}}
{{- with (.Values.certificates).cacerts -}}
{{- regexMatch "^https?://" . | ternary "url" "pem" -}}
{{- end -}}
{{- end -}}

{{/* The certificates in PEM, which may have been given in base64. */}}
{{- define "library.certificates.pem" -}}
{{- $given := .Values.certificates.cacerts -}}
{{- $pem := contains "-----BEGIN" $given | ternary $given ($given | b64dec) -}}
{{- include "library.pem" (dict "pem" $pem "option" "certificates.cacerts") -}}
{{- end -}}

{{- define "library.certificates.secret" -}}
{{- printf "%s-secretcacerts" (include "library.fullname" .) -}}
{{- end -}}


{{- define "library.certificates.volumes" -}}
{{- if include "library.certificates.kind" . }}
- name: certificates
  secret:
    secretName: {{ include "library.certificates.secret" . | quote }}
{{- end }}
{{- end -}}

{{- define "library.certificates.mounts" -}}
{{- $path := (.Values.certificates).pathToCaBundle | default "" -}}
{{- if and $path (include "library.certificates.kind" .) }}
- name: prepared
  mountPath: {{ $path | quote }}
  subPath: {{ regexMatch "\\.(crt|pem)$" $path | ternary "certificates/ca-bundle.crt" "certificates/single" }}
{{- end }}
{{- end -}}

{{/*
PATH_TO_CA_BUNDLE names the certificates that the start script adds to those of the image. Clients have no common setting:
each one gets the path of a bundle of both, so no rights are needed to change the system's own certificates.
*/}}
{{- define "library.certificates.env" -}}
{{- $path := (.Values.certificates).pathToCaBundle | default "" }}
{{- if include "library.certificates.kind" . }}
- name: PATH_TO_CA_BUNDLE
  value: /run/service/certificates/own.pem
{{- range $name := list "SSL_CERT_FILE" "REQUESTS_CA_BUNDLE" "CURL_CA_BUNDLE" "GIT_SSL_CAINFO" "PIP_CERT" "AWS_CA_BUNDLE" "NODE_EXTRA_CA_CERTS" }}
- name: {{ $name }}
  value: /run/service/certificates/ca-bundle.crt
{{- end }}
- name: UV_NATIVE_TLS
  value: "true"
{{- else if regexMatch "\\.(crt|pem)$" $path }}
- name: PATH_TO_CA_BUNDLE
  value: {{ $path | quote }}
{{- end }}
{{- end -}}

{{- define "library.certificates.prepareMounts" -}}
{{- if include "library.certificates.kind" . }}
- name: certificates
  mountPath: /etc/service/certificates
  readOnly: true
{{- end }}
{{- end -}}

{{/* One file for each certificate, as update-ca-certificates wants them, and a bundle of all for those who may not run it. */}}
{{- define "library.certificates.prepare" -}}
{{- with include "library.certificates.kind" . }}
mkdir -p /run/service/certificates/single
{{- if eq . "url" }}
if ! curl --fail --silent --show-error --location --retry 3 "$(cat /etc/service/certificates/url)" >/run/service/certificates/own.pem; then
  echo "the certificates cannot be read from certificates.cacerts: the service starts with those of its image alone" >&2
  : >/run/service/certificates/own.pem
fi
{{- else }}
cp /etc/service/certificates/ca.pem /run/service/certificates/own.pem
{{- end }}
awk '/-----BEGIN CERTIFICATE-----/ {n++} n {print > ("/run/service/certificates/single/cert." n ".crt")}' /run/service/certificates/own.pem
if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
  cat /etc/ssl/certs/ca-certificates.crt /run/service/certificates/own.pem >/run/service/certificates/ca-bundle.crt
else
  cp /run/service/certificates/own.pem /run/service/certificates/ca-bundle.crt
fi
{{- end }}
{{- end -}}

{{- define "library.certificates.checksums" -}}
{{- with (.Values.certificates).cacerts }}
checksum/cacerts: {{ . | sha256sum }}
{{- end }}
{{- end -}}

{{- define "library.objects.secret-cacerts" -}}
{{- with include "library.certificates.kind" . }}
apiVersion: v1
kind: Secret
{{ include "library.metadata" (dict "context" $ "object" (include "library.certificates.secret" $)) }}
data:
  {{- if eq . "url" }}
  url: {{ $.Values.certificates.cacerts | b64enc | quote }}
  {{- else }}
  ca.pem: {{ include "library.certificates.pem" $ | b64enc | quote }}
  {{- end }}
{{- end }}
{{- end -}}
