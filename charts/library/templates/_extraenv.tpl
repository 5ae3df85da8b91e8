{{/*
Variables of the user's own, as a JSON list of entries of a container's `env`; of two with one name, the last one counts. Their
values stand in a Secret, for pods are shown to more people. A value that names another variable as `$(NAME)` stands in the pod
itself: Kubernetes replaces it nowhere else. What no variable may be called becomes _, as an administrator's schema may allow
any name.
*/}}
{{- define "library.extraEnv" -}}
{{- $entries := dict -}}
{{- $names := list -}}
{{- range .Values.extraEnvVars -}}
{{- $name := include "library.extraEnv.name" (.name | default "VAR_NAME" | toString) -}}
{{- $value := kindIs "invalid" .value | ternary "" .value | toString -}}
{{- if .valueFrom -}}
{{- $_ := set $entries $name (dict "name" $name "valueFrom" (include "library.extraEnv.source" (dict "context" $ "name" $name "value" $value "from" .valueFrom) | fromYaml)) -}}
{{- else -}}
{{- /* `tpl` is slow: it takes all templates of the chart along. */ -}}
{{- if contains "{{" $value -}}
{{- $value = tpl $value $ -}}
{{- end -}}
{{- $_ := set $entries $name (dict "name" $name "value" $value) -}}
{{- end -}}
{{- $names = append (without $names $name) $name -}}
{{- end -}}
{{- $list := list -}}
{{- range $names -}}
{{- $list = append $list (get $entries .) -}}
{{- end -}}
{{- toJson $list -}}
{{- end -}}

{{- define "library.extraEnv.name" -}}
{{- $name := regexReplaceAll "[^-._a-zA-Z0-9]" (trim .) "_" | trunc 253 -}}
{{- regexReplaceAll "^([0-9]|[.]$|[.][.])" $name "_${1}" -}}
{{- end -}}

{{/* Where Kubernetes takes a value from, as YAML. Parameters: context, name, value and from. */}}
{{- define "library.extraEnv.source" -}}
{{- $known := list "secretKeyRef" "configMapKeyRef" "fieldRef" "resourceFieldRef" -}}
{{- if or (not (kindIs "map" .from)) (ne (len .from) 1) (not (has (keys .from | first) $known)) -}}
{{- fail (printf "extraEnvVars: %s: valueFrom has to hold one of %s, and nothing else" .name (join ", " $known)) -}}
{{- end -}}
{{- if .value -}}
{{- fail (printf "extraEnvVars: %s has both a value and valueFrom: leave one of them" .name) -}}
{{- end -}}
{{- tpl (toYaml .from) .context -}}
{{- end -}}

{{/* The Secret that holds the values, by name; empty when there are none. */}}
{{- define "library.extraEnv.variables" -}}
{{- $variables := dict -}}
{{- range include "library.extraEnv" . | fromJsonArray -}}
{{- if and (hasKey . "value") (not (include "library.extraEnv.refers" .value)) -}}
{{- $_ := set $variables .name .value -}}
{{- end -}}
{{- end -}}
{{- toJson $variables -}}
{{- end -}}

{{- define "library.extraEnv.refers" -}}
{{- if regexMatch "\\$\\([-._a-zA-Z][-._a-zA-Z0-9]*\\)" . }}true{{ end -}}
{{- end -}}

{{- define "library.extraEnv.secret" -}}
{{- printf "%s-secretextraenv" (include "library.fullname" .) -}}
{{- end -}}

{{/*
`env` of the service's container: what the chart sets, and over it what the user does. As `env` counts more than `envFrom`,
this also replaces what options, the region and discovered services set.
*/}}
{{- define "library.container.env" -}}
{{- $secret := include "library.extraEnv.secret" . -}}
{{- $own := dict -}}
{{- $entries := list -}}
{{- range $entry := include "library.extraEnv" . | fromJsonArray -}}
{{- if and (hasKey $entry "value") (not (include "library.extraEnv.refers" $entry.value)) -}}
{{- $entry = dict "name" $entry.name "valueFrom" (dict "secretKeyRef" (dict "name" $secret "key" $entry.name)) -}}
{{- end -}}
{{- $_ := set $own $entry.name true -}}
{{- $entries = append $entries $entry -}}
{{- end -}}
{{- $list := list -}}
{{- range include "library.env" . | fromYamlArray -}}
{{- if not (hasKey $own .name) -}}
{{- $list = append $list . -}}
{{- end -}}
{{- end -}}
{{- toYaml (concat $list $entries) -}}
{{- end -}}

{{- define "library.extraEnv.checksums" -}}
{{- with include "library.extraEnv.variables" . | fromJson }}
checksum/extra-env: {{ . | toJson | sha256sum }}
{{- end }}
{{- end -}}

{{- define "library.objects.secret-extraenv" -}}
{{- with include "library.extraEnv.variables" . | fromJson }}
apiVersion: v1
kind: Secret
{{ include "library.metadata" (dict "context" $ "object" (include "library.extraEnv.secret" $)) }}
data:
  {{- range $name, $value := . }}
  {{ $name }}: {{ $value | b64enc | quote }}
  {{- end }}
{{- end }}
{{- end -}}
