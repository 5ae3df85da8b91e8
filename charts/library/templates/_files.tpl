{{/*
Configuration files that groups write, as a JSON list of {group, name, files}, where name is that of the Secret that holds
them. A file with an absolute path is mounted there. One with a relative path belongs to the home directory: it is copied
there before the service starts, which may then write to it and beside it.
*/}}
{{- define "library.files.objects" -}}
{{- $objects := list -}}
{{- range $object := include "library.files" . | fromYamlArray -}}
{{- with include $object.template $ | fromYaml -}}
{{- $objects = append $objects (merge (dict "files" .) (omit $object "template")) -}}
{{- end -}}
{{- end -}}
{{- toJson $objects -}}
{{- end -}}

{{/* The key of a file in its Secret. Parameter: the path. */}}
{{- define "library.files.key" -}}
{{- trimPrefix "/" . | replace "/" "__" -}}
{{- end -}}

{{- define "library.files.volumes" -}}
{{- range include "library.files.objects" . | fromJsonArray }}
- name: files-{{ .group }}
  secret:
    secretName: {{ .name | quote }}
{{- end }}
{{- end -}}

{{- define "library.files.mounts" -}}
{{- range $object := include "library.files.objects" . | fromJsonArray }}
{{- range $path, $content := $object.files }}
{{- if hasPrefix "/" $path }}
- name: files-{{ $object.group }}
  mountPath: {{ $path | quote }}
  subPath: {{ include "library.files.key" $path | quote }}
  readOnly: true
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "library.files.prepare" -}}
{{- range $object := include "library.files.objects" . | fromJsonArray }}
{{- range $path, $content := $object.files }}
{{- if not (hasPrefix "/" $path) }}
install -D -m 600 '/etc/service/files/{{ $object.group }}/{{ include "library.files.key" $path }}' '/run/service/home/{{ $path }}'
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "library.files.prepareMounts" -}}
{{- range include "library.files.objects" . | fromJsonArray }}
- name: files-{{ .group }}
  mountPath: /etc/service/files/{{ .group }}
  readOnly: true
{{- end }}
{{- end -}}

{{- define "library.files.checksums" -}}
{{- range include "library.files.objects" . | fromJsonArray }}
checksum/files-{{ .group }}: {{ .files | toJson | sha256sum }}
{{- end }}
{{- end -}}

{{- define "library.objects.files" -}}
{{- range include "library.files.objects" . | fromJsonArray }}
---
apiVersion: v1
kind: Secret
{{ include "library.metadata" (dict "context" $ "object" .name) }}
stringData:
  {{- range $path, $content := .files }}
  {{ include "library.files.key" $path }}: {{ $content | quote }}
  {{- end }}
{{- end }}
{{- end -}}
