{{/*
Configuration files that groups write, as a JSON list of {group, name, files}, where name is that of the Secret that holds
them. A file with an absolute path is mounted there. One with a relative path belongs to the home directory: it is copied
there before the service starts, which may then write to it and beside it.
*/}}
{{- define "vscode-r.files.objects" -}}
{{- $objects := list -}}
{{- range $object := include "vscode-r.files" . | fromYamlArray -}}
{{- with include $object.template $ | fromYaml -}}
{{- $objects = append $objects (merge (dict "files" .) (omit $object "template")) -}}
{{- end -}}
{{- end -}}
{{- toJson $objects -}}
{{- end -}}

{{/* The key of a file in its Secret. Parameter: the path. */}}
{{- define "vscode-r.files.key" -}}
{{- trimPrefix "/" . | replace "/" "__" -}}
{{- end -}}

{{- define "vscode-r.files.volumes" -}}
{{- range include "vscode-r.files.objects" . | fromJsonArray }}
- name: files-{{ .group }}
  secret:
    secretName: {{ .name | quote }}
{{- end }}
{{- end -}}

{{- define "vscode-r.files.mounts" -}}
{{- range $object := include "vscode-r.files.objects" . | fromJsonArray }}
{{- range $path, $content := $object.files }}
{{- if hasPrefix "/" $path }}
- name: files-{{ $object.group }}
  mountPath: {{ $path | quote }}
  subPath: {{ include "vscode-r.files.key" $path | quote }}
  readOnly: true
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "vscode-r.files.prepare" -}}
{{- range $object := include "vscode-r.files.objects" . | fromJsonArray }}
{{- range $path, $content := $object.files }}
{{- if not (hasPrefix "/" $path) }}
install -D -m 600 '/etc/service/files/{{ $object.group }}/{{ include "vscode-r.files.key" $path }}' '/run/service/home/{{ $path }}'
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "vscode-r.files.prepareMounts" -}}
{{- range include "vscode-r.files.objects" . | fromJsonArray }}
- name: files-{{ .group }}
  mountPath: /etc/service/files/{{ .group }}
  readOnly: true
{{- end }}
{{- end -}}

{{- define "vscode-r.files.checksums" -}}
{{- range include "vscode-r.files.objects" . | fromJsonArray }}
checksum/files-{{ .group }}: {{ .files | toJson | sha256sum }}
{{- end }}
{{- end -}}
