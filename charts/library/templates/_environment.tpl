{{/*
The objects that hold the service's environment variables, as a JSON list of {group, kind, name, variables}: those of the
groups that have at least one variable which is not empty. What they hold is generated from the options.
*/}}
{{- define "library.environment.objects" -}}
{{- $objects := list -}}
{{- range $object := include "library.environment" . | fromYamlArray -}}
{{- $variables := dict -}}
{{- range $name, $value := include (printf "library.service.%s.variables.%s" ($.Service | default "main") $object.group) $ | fromYaml -}}
{{- if $value -}}{{- $_ := set $variables $name $value -}}{{- end -}}
{{- end -}}
{{- if $variables -}}
{{- $objects = append $objects (merge (dict "variables" $variables) $object) -}}
{{- end -}}
{{- end -}}
{{- toJson $objects -}}
{{- end -}}

{{/* envFrom of the service's container. */}}
{{- define "library.environment.from" -}}
{{- range include "library.environment.objects" . | fromJsonArray }}
- {{ eq .kind "Secret" | ternary "secretRef" "configMapRef" }}:
    name: {{ .name | quote }}
{{- end }}
{{- end -}}

{{/* Annotations of the pod, by which it restarts when one of its variables changes. */}}
{{- define "library.environment.checksums" -}}
{{- range include "library.environment.objects" . | fromJsonArray }}
checksum/{{ .group }}: {{ .variables | toJson | sha256sum }}
{{- end }}
{{- end -}}

{{/* Variables of the user's own. What no variable may hold becomes _, as an administrator's schema may allow any name. */}}
{{- define "library.extraEnv.variables" -}}
{{- $variables := dict -}}
{{- range .Values.extraEnvVars -}}
{{- $_ := set $variables (regexReplaceAll "[^-._a-zA-Z0-9]" (trim .name) "_" | trunc 253) (tpl (.value | default "" | toString) $) -}}
{{- end -}}
{{- toJson $variables -}}
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
{{- range include "library.environment.objects" . | fromJsonArray }}
---
apiVersion: v1
kind: {{ .kind }}
{{ include "library.metadata" (dict "context" $ "object" .name) }}
{{ eq .kind "Secret" | ternary "stringData" "data" }}:
  {{- range $name, $value := .variables }}
  {{ $name }}: {{ $value | quote }}
  {{- end }}
{{- end }}
{{- end -}}
