{{/* A host name, when it is one that Kubernetes takes. Parameters: host, and option (from which it comes). */}}
{{- define "library.host" -}}
{{- $label := "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?" -}}
{{- if or (gt (len .host) 253) (not (regexMatch (printf "^(\\*\\.)?%s(\\.%s)*$" $label $label) .host)) -}}
{{- fail (printf "%s: %q is no host name: it has parts of at most 63 lower-case letters, digits and dashes, separated by dots" .option .host) -}}
{{- end -}}
{{- .host -}}
{{- end -}}

{{/* Certificates in PEM, when they are that, and whole. Parameters: pem, and option (from which they come). */}}
{{- define "library.pem" -}}
{{- $block := "-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----\\s[A-Za-z0-9+/=\\s]+-----END (X509 |TRUSTED )?CERTIFICATE-----" -}}
{{- $around := regexReplaceAll $block .pem "" -}}
{{- if contains "-----BEGIN" $around -}}
{{- fail (printf "%s: only whole certificates may be here, and %s is something else, or cut off" .option (regexFind "-----BEGIN[^-]*-*" $around)) -}}
{{- else if eq $around .pem -}}
{{- fail (printf "%s: this is no certificate: give it in PEM, which begins with -----BEGIN CERTIFICATE----- and ends with -----END CERTIFICATE-----" .option) -}}
{{- end -}}
{{- .pem -}}
{{- end -}}
