{{/*
The objects that hold the service's environment variables, as a JSON list of {group, kind, name, variables}: those of the
groups that have at least one variable which is not empty. `library.environment` and `library.variables.<group>` are
generated from the options.
*/}}
{{- define "jupyter-python-gpu.environment.objects" -}}
{{- $objects := list -}}
{{- range $object := include "jupyter-python-gpu.environment" . | fromYamlArray -}}
{{- $variables := dict -}}
{{- range $name, $value := include (printf "jupyter-python-gpu.variables.%s" $object.group) $ | fromYaml -}}
{{- if $value -}}{{- $_ := set $variables $name $value -}}{{- end -}}
{{- end -}}
{{- if $variables -}}
{{- $objects = append $objects (merge (dict "variables" $variables) $object) -}}
{{- end -}}
{{- end -}}
{{- toJson $objects -}}
{{- end -}}

{{/* envFrom of the service's container. */}}
{{- define "jupyter-python-gpu.environment.from" -}}
{{- range include "jupyter-python-gpu.environment.objects" . | fromJsonArray }}
- {{ eq .kind "Secret" | ternary "secretRef" "configMapRef" }}:
    name: {{ .name | quote }}
{{- end }}
{{- end -}}

{{/* Annotations of the pod, by which it restarts when one of its variables changes. */}}
{{- define "jupyter-python-gpu.environment.checksums" -}}
{{- range include "jupyter-python-gpu.environment.objects" . | fromJsonArray }}
checksum/{{ .group }}: {{ .variables | toJson | sha256sum }}
{{- end }}
{{- end -}}

{{/* Variables of the user's own. What no variable may hold becomes _, as an administrator's schema may allow any name. */}}
{{- define "jupyter-python-gpu.extraEnv.variables" -}}
{{- $variables := dict -}}
{{- range .Values.extraEnvVars -}}
{{- $_ := set $variables (regexReplaceAll "[^-._a-zA-Z0-9]" (trim .name) "_" | trunc 253) (tpl (.value | default "" | toString) $) -}}
{{- end -}}
{{- toJson $variables -}}
{{- end -}}

{{/* The user, and where the user's work is. */}}
{{- define "jupyter-python-gpu.environment.env" -}}
- name: KUBERNETES_POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: IMAGE_NAME
  value: {{ include "jupyter-python-gpu.image" . | quote }}
- name: PROJECT_USER
  value: {{ .Values.environment.user | quote }}
- name: PROJECT_GROUP
  value: {{ .Values.environment.group | quote }}
- name: ROOT_PROJECT_DIRECTORY
  value: {{ include "jupyter-python-gpu.directory" . | quote }}
- name: UV_CACHE_DIR
  value: {{ printf "%s/.cache/uv" (include "jupyter-python-gpu.directory" .) | quote }}
{{- if (.Values.userPreferences).darkMode }}
- name: DARK_MODE
  value: "true"
{{- end }}
{{- end -}}
