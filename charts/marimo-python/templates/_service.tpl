{{/* What is this service's own. Generated from its service.yaml and its options. */}}

{{- define "marimo-python.title" -}}
marimo (Python)
{{- end -}}

{{- define "marimo-python.protocol" -}}
http
{{- end -}}

{{/* Images that this version of the chart was made with: name and tag -> digest. */}}
{{- define "marimo-python.digests" -}}
{}
{{- end -}}

{{- define "marimo-python.volume.path" -}}
/home/{{ .Values.environment.user }}/work
{{- end -}}

{{- define "marimo-python.volume.subPath" -}}
work
{{- end -}}

{{- define "marimo-python.command" -}}
- marimo
- edit
- --headless
- --host=0.0.0.0
- --port={{ int .Values.networking.service.port }}
{{- with include "marimo-python.path" . }}
- {{ printf "--base-url=%s" . | quote }}
{{- end }}
- --token
- --token-password-file=/etc/service/password/PASSWORD
- {{ include "marimo-python.folder" . | quote }}
{{- end -}}

{{- define "marimo-python.probe" -}}
httpGet:
  path: {{ printf "%s/health" (include "marimo-python.path" .) | quote }}
  port: http
{{- end -}}

{{/* What `helm test` runs, in the service's own image. */}}
{{- define "marimo-python.test" -}}
exec curl --fail --silent --show-error --output /dev/null --retry 10 --retry-delay 3 --retry-all-errors --noproxy '*' 'http://{{ include "marimo-python.fullname" . }}:{{ int .Values.networking.service.port }}{{ include "marimo-python.path" . }}/health'
{{- end -}}

{{- define "marimo-python.test.env" -}}
{{- end -}}

{{/* Variables of the container itself; those that options ask for come from `library.environment`. */}}
{{- define "marimo-python.env" -}}
- name: PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "marimo-python.password.secret" . | quote }}
      key: PASSWORD
{{ include "marimo-python.environment.env" . | trim }}
{{ include "marimo-python.certificates.env" . | trim }}
{{- end -}}

{{- define "marimo-python.volumes" -}}
{{ include "marimo-python.sharedMemory.volumes" . | trim }}
{{ include "marimo-python.certificates.volumes" . | trim }}
{{ include "marimo-python.password.volumes" . | trim }}
{{ include "marimo-python.files.volumes" . | trim }}
{{- end -}}

{{- define "marimo-python.mounts" -}}
{{ include "marimo-python.sharedMemory.mounts" . | trim }}
{{ include "marimo-python.certificates.mounts" . | trim }}
{{ include "marimo-python.password.mounts" . | trim }}
{{ include "marimo-python.files.mounts" . | trim }}
{{- end -}}

{{- define "marimo-python.prepare.mounts" -}}
{{ include "marimo-python.certificates.prepareMounts" . | trim }}
{{ include "marimo-python.files.prepareMounts" . | trim }}
{{- end -}}

{{- define "marimo-python.ports" -}}
{{- end -}}

{{- define "marimo-python.help" -}}
{{ include "marimo-python.discovery.hive.help" . | trim }}
{{ include "marimo-python.discovery.mlflow.help" . | trim }}
{{ include "marimo-python.discovery.metaflow.help" . | trim }}
{{ include "marimo-python.discovery.chromadb.help" . | trim }}
{{ include "marimo-python.discovery.milvus.help" . | trim }}
{{ include "marimo-python.discovery.postgresql.help" . | trim }}
{{- end -}}

{{- define "marimo-python.prepare" -}}
{{ include "marimo-python.certificates.prepare" . | trim }}
{{ include "marimo-python.files.prepare" . | trim }}
{{- end -}}

{{- define "marimo-python.checksums" -}}
{{ include "marimo-python.password.checksums" . | trim }}
{{ include "marimo-python.certificates.checksums" . | trim }}
{{ include "marimo-python.files.checksums" . | trim }}
{{- end -}}

{{/* Objects that hold environment variables. */}}
{{- define "marimo-python.environment" -}}
- group: init
  kind: Secret
  name: {{ (printf "%s-secretinit" (include "marimo-python.fullname" .)) | quote }}
- group: vault
  kind: Secret
  name: {{ .Values.vault.secretName | default (printf "%s-secretvault" (include "marimo-python.fullname" .)) | quote }}
- group: s3
  kind: Secret
  name: {{ .Values.s3.secretName | default (printf "%s-secrets3" (include "marimo-python.fullname" .)) | quote }}
- group: git
  kind: Secret
  name: {{ .Values.git.secretName | default (printf "%s-secretgit" (include "marimo-python.fullname" .)) | quote }}
- group: ia
  kind: Secret
  name: {{ .Values.ai.secretName | default (printf "%s-secretia" (include "marimo-python.fullname" .)) | quote }}
- group: mlflow
  kind: Secret
  name: {{ .Values.mlflow.secretName | default (printf "%s-secretmlflow" (include "marimo-python.fullname" .)) | quote }}
- group: chromadb
  kind: Secret
  name: {{ .Values.chromadb.secretName | default (printf "%s-secretchromadb" (include "marimo-python.fullname" .)) | quote }}
- group: milvus
  kind: Secret
  name: {{ .Values.milvus.secretName | default (printf "%s-secretmilvus" (include "marimo-python.fullname" .)) | quote }}
- group: postgresql
  kind: Secret
  name: {{ .Values.postgresql.secretName | default (printf "%s-secretpostgresql" (include "marimo-python.fullname" .)) | quote }}
- group: proxy
  kind: Secret
  name: {{ (printf "%s-secretproxy" (include "marimo-python.fullname" .)) | quote }}
- group: extraenv
  kind: Secret
  name: {{ (printf "%s-secretextraenv" (include "marimo-python.fullname" .)) | quote }}
- group: repository
  kind: ConfigMap
  name: {{ .Values.repository.configMapName | default (printf "%s-configmaprepository" (include "marimo-python.fullname" .)) | quote }}
{{- end -}}

{{- define "marimo-python.variables.init" -}}
REGION_INIT_SCRIPT: {{ .Values.init.regionInit | default "" | toString | quote }}
REGION_INIT_SCRIPT_CHECKSUM: {{ .Values.init.regionInitCheckSum | default "" | toString | quote }}
PERSONAL_INIT_SCRIPT: {{ .Values.init.personalInit | default "" | toString | quote }}
PERSONAL_INIT_ARGS: {{ .Values.init.personalInitArgs | default "" | toString | quote }}
PERSONAL_INIT_SCRIPT_CHECKSUM: {{ .Values.init.personalInitCheckSum | default "" | toString | quote }}
{{- end -}}

{{- define "marimo-python.variables.vault" -}}
{{- if .Values.vault.enabled }}
VAULT_TOKEN: {{ .Values.vault.token | default "" | toString | quote }}
VAULT_ADDR: {{ .Values.vault.url | default "" | toString | quote }}
VAULT_MOUNT: {{ .Values.vault.mount | default "" | toString | quote }}
VAULT_TOP_DIR: {{ .Values.vault.directory | default "" | toString | quote }}
VAULT_RELATIVE_PATH: {{ .Values.vault.secret | default "" | toString | quote }}
{{- end }}
{{- end -}}

{{- define "marimo-python.variables.s3" -}}
{{- if .Values.s3.enabled }}
AWS_ACCESS_KEY_ID: {{ .Values.s3.accessKeyId | default "" | toString | quote }}
AWS_DEFAULT_REGION: {{ .Values.s3.defaultRegion | default "" | toString | quote }}
AWS_SECRET_ACCESS_KEY: {{ .Values.s3.secretAccessKey | default "" | toString | quote }}
AWS_SESSION_TOKEN: {{ .Values.s3.sessionToken | default "" | toString | quote }}
AWS_PATH_STYLE_ACCESS: {{ .Values.s3.pathStyleAccess | default false | toString | quote }}
AWS_WORKING_DIRECTORY_PATH: {{ .Values.s3.workingDirectoryPath | default "" | toString | quote }}
AWS_S3_ENDPOINT: {{ include "marimo-python.s3.host" . | default "" | quote }}
AWS_ENDPOINT_URL: {{ include "marimo-python.s3.url" . | default "" | quote }}
S3_ENDPOINT: {{ include "marimo-python.s3.url" . | default "" | quote }}
{{- end }}
{{- end -}}

{{- define "marimo-python.variables.git" -}}
{{- if .Values.git.enabled }}
GIT_USER_NAME: {{ .Values.git.name | default "" | toString | quote }}
GIT_USER_MAIL: {{ .Values.git.email | default "" | toString | quote }}
GIT_CREDENTIALS_CACHE_DURATION: {{ .Values.git.cache | default "" | toString | quote }}
GIT_PERSONAL_ACCESS_TOKEN: {{ .Values.git.token | default "" | toString | quote }}
GIT_REPOSITORY: {{ .Values.git.repository | default "" | toString | quote }}
GIT_BRANCH: {{ .Values.git.branch | default "" | toString | quote }}
{{- end }}
{{- end -}}

{{- define "marimo-python.variables.ia" -}}
{{ include "marimo-python.ai.variables" . }}
{{- end -}}

{{- define "marimo-python.variables.mlflow" -}}
{{ include "marimo-python.discovery.mlflow" . }}
{{- end -}}

{{- define "marimo-python.variables.chromadb" -}}
{{ include "marimo-python.discovery.chromadb" . }}
{{- end -}}

{{- define "marimo-python.variables.milvus" -}}
{{ include "marimo-python.discovery.milvus" . }}
{{- end -}}

{{- define "marimo-python.variables.postgresql" -}}
{{ include "marimo-python.discovery.postgresql" . }}
{{- end -}}

{{- define "marimo-python.variables.proxy" -}}
{{- if .Values.proxy.enabled }}
http_proxy: {{ .Values.proxy.httpProxy | default "" | quote }}
HTTP_PROXY: {{ .Values.proxy.httpProxy | default "" | quote }}
https_proxy: {{ .Values.proxy.httpsProxy | default "" | quote }}
HTTPS_PROXY: {{ .Values.proxy.httpsProxy | default "" | quote }}
no_proxy: {{ .Values.proxy.noProxy | default "" | quote }}
NO_PROXY: {{ .Values.proxy.noProxy | default "" | quote }}
{{- end }}
{{- end -}}

{{- define "marimo-python.variables.extraenv" -}}
{{ include "marimo-python.extraEnv.variables" . }}
{{- end -}}

{{- define "marimo-python.variables.repository" -}}
PIP_REPOSITORY: {{ .Values.repository.pipRepository | default "" | toString | quote }}
CONDA_REPOSITORY: {{ .Values.repository.condaRepository | default "" | toString | quote }}
{{- end -}}

{{/* Secrets that hold configuration files. */}}
{{- define "marimo-python.files" -}}
- group: discovery-hive
  name: {{ .Values.hive.secretName | default (printf "%s-secrethive" (include "marimo-python.fullname" .)) | quote }}
  template: "marimo-python.discovery.hive"
- group: discovery-metaflow
  name: {{ .Values.metaflow.secretName | default (printf "%s-secretmetaflow" (include "marimo-python.fullname" .)) | quote }}
  template: "marimo-python.discovery.metaflow"
- group: ai-opencode
  name: {{ (printf "%s-secretopencode" (include "marimo-python.fullname" .)) | quote }}
  template: "marimo-python.ai.opencode"
{{- end -}}
