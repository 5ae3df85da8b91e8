{{/*
Configuration files that groups write, as a JSON list of {group, name, files}, where name is that of the Secret that holds
them. A file with an absolute path is mounted there. One with a relative path belongs to the home directory: it is copied
there before the service starts, which may then write to it and beside it. Secrets have `data`: what leaves `stringData` stays
in the cluster.
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

{{/* Any user of the pod may read them here, whoever copies them: the init container may have another image and user. */}}
{{- define "library.files.prepare" -}}
{{- range $object := include "library.files.objects" . | fromJsonArray }}
{{- range $path, $content := $object.files }}
{{- if not (hasPrefix "/" $path) }}
mkdir -p '/run/service/home/{{ dir $path }}'
cp '/etc/service/files/{{ $object.group }}/{{ include "library.files.key" $path }}' '/run/service/home/{{ $path }}' || echo '{{ $path }} cannot be prepared: the service starts without it' >&2
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
data:
  {{- range $path, $content := .files }}
  {{ include "library.files.key" $path }}: {{ $content | b64enc | quote }}
  {{- end }}
{{- end }}
{{- end -}}
