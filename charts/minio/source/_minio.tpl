{{/* The names are those of the variables that clients of S3 read. */}}
{{- define "library.objects.secret-minio-discovery" -}}
{{- $url := include "library.engine.url" . -}}
{{- $data := dict
      "AWS_ACCESS_KEY_ID" .Values.minio.rootUser
      "AWS_SECRET_ACCESS_KEY" (include "library.password" .)
      "AWS_DEFAULT_REGION" "us-east-1"
      "AWS_S3_ENDPOINT" (trimPrefix "http://" $url)
      "AWS_ENDPOINT_URL" $url
      "S3_ENDPOINT" $url
      "AWS_PATH_STYLE_ACCESS" "true"
      "AWS_WORKING_DIRECTORY_PATH" .Values.minio.bucket -}}
{{- include "library.discoverable" (dict "context" . "kind" "s3" "data" $data) -}}
{{- end -}}

{{/* The bucket is listed, by a request that is signed; the password is in no argument. */}}
{{- define "library.minio.test" -}}
printf 'user = "%s:%s"\n' "$MINIO_ROOT_USER" "$(printf %s "$MINIO_ROOT_PASSWORD" | sed 's/[\\"]/\\&/g')" |
  curl --config - --aws-sigv4 aws:amz:us-east-1:s3 --fail --silent --show-error --output /dev/null --retry 10 --retry-delay 3 --retry-all-errors --noproxy '*' {{ include "library.engine.url" . }}/{{ .Values.minio.bucket }}
{{- end -}}

{{/* Buckets and what is known of them; the store itself is the running one's. A file that is replaced meanwhile is whole in either form. */}}
{{- define "library.backup.save" -}}
#!/bin/bash
set -euo pipefail
cd "$MINIO_DATA"
# Not the directory itself: it is the volume's.
find . -mindepth 1 -maxdepth 1 -print0 | tar --create --exclude=./.minio.sys/tmp --exclude=./.minio.sys/multipart --exclude=./.minio.sys/format.json --exclude=./.minio.sys/config --exclude=./.minio.sys/pool.bin --warning=no-file-changed --warning=no-file-removed --null --files-from=- || (($? == 1))
{{- end -}}

{{- define "library.backup.restore" -}}
#!/bin/bash
set -euo pipefail
tar --extract --directory="$MINIO_DATA" --no-same-owner --no-overwrite-dir
{{- end -}}

{{- define "library.minio.notes" -}}
{{ include "library.engine.notes" (dict "context" . "user" .Values.minio.rootUser "how" (include "library.say" (dict "context" . "en" "Services of the namespace that start from now on have it as their object store, unless they are given another one.")) "backup" true) }}
{{- end -}}
