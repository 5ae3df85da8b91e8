{{/*
The objects that hold the service's environment variables, as a JSON list of {group, kind, name, existing, variables}: those of
the groups that have at least one variable which is not empty, or name a Secret that is there already (`existing`). What the
others hold is generated from the options.
*/}}
{{- define "library.environment.objects" -}}
{{- $objects := list -}}
{{- range $object := include "library.environment" . | fromYamlArray -}}
{{- $variables := dict -}}
{{- range $name, $value := include (printf "library.service.%s.variables.%s" ($.Service | default "main") $object.group) $ | fromYaml -}}
{{- if $value -}}{{- $_ := set $variables $name $value -}}{{- end -}}
{{- end -}}
{{- if or $variables $object.existing -}}
{{- $objects = append $objects (merge (dict "variables" $variables) $object) -}}
{{- end -}}
{{- end -}}
{{- toJson $objects -}}
{{- end -}}

{{/* envFrom of the service's container: of two that set a variable, the last one counts. */}}
{{- define "library.environment.from" -}}
{{- range include "library.environment.objects" . | fromJsonArray }}
{{- if .variables }}
- {{ eq .kind "Secret" | ternary "secretRef" "configMapRef" }}:
    name: {{ .name | quote }}
{{- end }}
{{- with .existing }}
- secretRef:
    name: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Annotations of the pod, by which it restarts when one of its variables changes. */}}
{{- define "library.environment.checksums" -}}
{{- range $object := include "library.environment.objects" . | fromJsonArray }}
{{- with $object.variables }}
checksum/{{ $object.group }}: {{ . | toJson | sha256sum }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The user, and where the user's work is. */}}
{{- define "library.environment.env" -}}
- name: KUBERNETES_POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: IMAGE_NAME
  value: {{ include "library.image" . | quote }}
- name: PROJECT_USER
  value: {{ .Values.environment.user | quote }}
- name: PROJECT_GROUP
  value: {{ .Values.environment.group | quote }}
- name: ROOT_PROJECT_DIRECTORY
  value: {{ include "library.directory" . | quote }}
- name: UV_CACHE_DIR
  value: {{ printf "%s/.cache/uv" (include "library.directory" .) | quote }}
{{- if (.Values.userPreferences).darkMode }}
- name: DARK_MODE
  value: "true"
{{- end }}
{{- end -}}

{{- define "library.objects.environment" -}}
{{- range $object := include "library.environment.objects" . | fromJsonArray }}
{{- if $object.variables }}
---
apiVersion: v1
kind: {{ $object.kind }}
{{ include "library.metadata" (dict "context" $ "object" $object.name) }}
data:
  {{- range $name, $value := $object.variables }}
  {{ $name }}: {{ eq $object.kind "Secret" | ternary ($value | toString | b64enc) $value | quote }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}
