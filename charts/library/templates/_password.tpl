{{/*
A password: the one that was chosen, else the one that an earlier rendering generated and the release's Secret holds, else a new
one, which is kept beside the option, so that all templates of one rendering agree on it. One that was chosen, and no longer is,
is not kept: the Secret's annotation says which these are. Without a cluster that would remember it, there is none: it would be
another one at each rendering. Parameters: context, secret, key, values (the map) and option (its key).
*/}}
{{- define "library.generated" -}}
{{- $generated := printf "%s.generated" .option -}}
{{- if not (or (get .values .option) (hasKey .values $generated)) -}}
{{- $secret := lookup "v1" "Secret" .context.Release.Namespace .secret | default dict -}}
{{- $chosen := get (($secret.metadata).annotations | default dict) "catalog/chosen" | splitList "," -}}
{{- $kept := has .key $chosen | ternary "" (get ($secret.data | default dict) .key | b64dec) -}}
{{- $_ := set .values $generated ($kept | default (include "library.connected" .context | empty | ternary "" (randAlphaNum 24))) -}}
{{- end -}}
{{- get .values .option | default (get .values $generated) -}}
{{- end -}}

{{/*
Whether there is a cluster to look into. `helm template`, which GitOps controllers run, has none; it takes for its API what Helm
knows of, with versions that no server has had together; a Secret to be seen settles it. Not written as .Capabilities, which
stands for templates that differ from one version of Kubernetes to the next.
*/}}
{{- define "library.connected" -}}
{{- $versions := (get . "Capabilities").APIVersions -}}
{{- $unknown := and ($versions.Has "extensions/v1beta1") ($versions.Has "networking.k8s.io/v1") -}}
{{- if or (not $unknown) (lookup "v1" "Secret" .Release.Namespace "").items -}}true{{- end -}}
{{- end -}}

{{/* The annotation of a Secret that names the keys which somebody chose. Parameter: key -> what was chosen. */}}
{{- define "library.chosen" -}}
{{- $chosen := list -}}
{{- range $key, $value := . -}}
{{- if $value -}}{{- $chosen = append $chosen $key -}}{{- end -}}
{{- end -}}
{{- $chosen | empty | ternary dict (dict "catalog/chosen" (join "," $chosen)) | toJson -}}
{{- end -}}

{{/* The Secret that holds the service's password. */}}
{{- define "library.password.secret" -}}
{{- .Values.security.existingSecret | default (printf "%s-secrettoken" (include "library.fullname" .)) -}}
{{- end -}}

{{/* The service's password. */}}
{{- define "library.password" -}}
{{- if .Values.security.existingSecret -}}
{{- get ((lookup "v1" "Secret" .Release.Namespace .Values.security.existingSecret).data | default dict) "PASSWORD" | b64dec -}}
{{- else -}}
{{- include "library.generated" (dict "context" . "secret" (include "library.password.secret" .) "key" "PASSWORD" "values" .Values.security "option" "password") -}}
{{- end -}}
{{- end -}}

{{- define "library.password.volumes" -}}
- name: password
  secret:
    secretName: {{ include "library.password.secret" . | quote }}
{{- end -}}

{{- define "library.password.mounts" -}}
- name: password
  mountPath: /etc/service/password
  readOnly: true
{{- end -}}

{{- define "library.password.checksums" -}}
{{- with include "library.password" . }}
checksum/token: {{ . | sha256sum }}
{{- end }}
{{- end -}}

{{/* Without a password there is no Secret either: the pod waits for the one of this name that somebody makes. */}}
{{- define "library.objects.secret-token" -}}
{{- $password := include "library.password" . }}
{{- if and $password (not .Values.security.existingSecret) }}
apiVersion: v1
kind: Secret
{{ include "library.metadata" (dict "context" . "object" (include "library.password.secret" .) "annotations" (include "library.chosen" (dict "PASSWORD" .Values.security.password) | fromJson)) }}
data:
  PASSWORD: {{ $password | b64enc | quote }}
{{- end }}
{{- end -}}
