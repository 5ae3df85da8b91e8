{{/* What is this service's own. Generated from its service.yaml and its options. */}}

{{- define "vscode-r.title" -}}
VS Code (R)
{{- end -}}

{{- define "vscode-r.protocol" -}}
http
{{- end -}}

{{/* Images that this version of the chart was made with: name and tag -> digest. */}}
{{- define "vscode-r.digests" -}}
{}
{{- end -}}

{{- define "vscode-r.volume.path" -}}
/home/{{ .Values.environment.user }}/work
{{- end -}}

{{- define "vscode-r.volume.subPath" -}}
work
{{- end -}}

{{- define "vscode-r.command" -}}
- code-server
- --bind-addr=0.0.0.0:{{ int .Values.networking.service.port }}
- --auth=password
- --disable-telemetry
- --disable-update-check
- {{ include "vscode-r.folder" . | quote }}
{{- end -}}

{{- define "vscode-r.probe" -}}
httpGet:
  path: /healthz
  port: http
{{- end -}}

{{/* What `helm test` runs, in the service's own image. */}}
{{- define "vscode-r.test" -}}
exec curl --fail --silent --show-error --output /dev/null --retry 10 --retry-delay 3 --retry-all-errors --noproxy '*' 'http://{{ include "vscode-r.fullname" . }}:{{ int .Values.networking.service.port }}/healthz'
{{- end -}}

{{- define "vscode-r.test.env" -}}
{{- end -}}

{{/* Variables of the container itself; those that options ask for come from `library.environment`. */}}
{{- define "vscode-r.env" -}}
- name: PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "vscode-r.password.secret" . | quote }}
      key: PASSWORD
{{ include "vscode-r.environment.env" . | trim }}
{{ include "vscode-r.certificates.env" . | trim }}
{{- end -}}

{{- define "vscode-r.volumes" -}}
{{ include "vscode-r.sharedMemory.volumes" . | trim }}
{{ include "vscode-r.certificates.volumes" . | trim }}
{{ include "vscode-r.files.volumes" . | trim }}
{{- end -}}

{{- define "vscode-r.mounts" -}}
{{ include "vscode-r.sharedMemory.mounts" . | trim }}
{{ include "vscode-r.certificates.mounts" . | trim }}
{{ include "vscode-r.files.mounts" . | trim }}
{{- end -}}

{{- define "vscode-r.prepare.mounts" -}}
{{ include "vscode-r.certificates.prepareMounts" . | trim }}
{{ include "vscode-r.files.prepareMounts" . | trim }}
{{- end -}}

{{- define "vscode-r.ports" -}}
{{- end -}}

{{- define "vscode-r.help" -}}
{{ include "vscode-r.discovery.hive.help" . | trim }}
{{ include "vscode-r.discovery.mlflow.help" . | trim }}
{{ include "vscode-r.discovery.metaflow.help" . | trim }}
{{ include "vscode-r.discovery.chromadb.help" . | trim }}
{{ include "vscode-r.discovery.milvus.help" . | trim }}
{{ include "vscode-r.discovery.postgresql.help" . | trim }}
{{- end -}}

{{- define "vscode-r.prepare" -}}
{{ include "vscode-r.certificates.prepare" . | trim }}
{{ include "vscode-r.files.prepare" . | trim }}
{{- end -}}

{{- define "vscode-r.checksums" -}}
{{ include "vscode-r.password.checksums" . | trim }}
{{ include "vscode-r.certificates.checksums" . | trim }}
{{ include "vscode-r.files.checksums" . | trim }}
{{- end -}}

{{/* Objects that hold environment variables. */}}
{{- define "vscode-r.environment" -}}
- group: init
  kind: Secret
  name: {{ (printf "%s-secretinit" (include "vscode-r.fullname" .)) | quote }}
- group: vault
  kind: Secret
  name: {{ .Values.vault.secretName | default (printf "%s-secretvault" (include "vscode-r.fullname" .)) | quote }}
- group: s3
  kind: Secret
  name: {{ .Values.s3.secretName | default (printf "%s-secrets3" (include "vscode-r.fullname" .)) | quote }}
- group: git
  kind: Secret
  name: {{ .Values.git.secretName | default (printf "%s-secretgit" (include "vscode-r.fullname" .)) | quote }}
- group: ia
  kind: Secret
  name: {{ .Values.ai.secretName | default (printf "%s-secretia" (include "vscode-r.fullname" .)) | quote }}
- group: mlflow
  kind: Secret
  name: {{ .Values.mlflow.secretName | default (printf "%s-secretmlflow" (include "vscode-r.fullname" .)) | quote }}
- group: chromadb
  kind: Secret
  name: {{ .Values.chromadb.secretName | default (printf "%s-secretchromadb" (include "vscode-r.fullname" .)) | quote }}
- group: milvus
  kind: Secret
  name: {{ .Values.milvus.secretName | default (printf "%s-secretmilvus" (include "vscode-r.fullname" .)) | quote }}
- group: postgresql
  kind: Secret
  name: {{ .Values.postgresql.secretName | default (printf "%s-secretpostgresql" (include "vscode-r.fullname" .)) | quote }}
- group: proxy
  kind: Secret
  name: {{ (printf "%s-secretproxy" (include "vscode-r.fullname" .)) | quote }}
- group: extraenv
  kind: Secret
  name: {{ (printf "%s-secretextraenv" (include "vscode-r.fullname" .)) | quote }}
- group: repository
  kind: ConfigMap
  name: {{ .Values.repository.configMapName | default (printf "%s-configmaprepository" (include "vscode-r.fullname" .)) | quote }}
{{- end -}}

{{- define "vscode-r.variables.init" -}}
REGION_INIT_SCRIPT: {{ .Values.init.regionInit | default "" | toString | quote }}
REGION_INIT_SCRIPT_CHECKSUM: {{ .Values.init.regionInitCheckSum | default "" | toString | quote }}
PERSONAL_INIT_SCRIPT: {{ .Values.init.personalInit | default "" | toString | quote }}
PERSONAL_INIT_ARGS: {{ .Values.init.personalInitArgs | default "" | toString | quote }}
PERSONAL_INIT_SCRIPT_CHECKSUM: {{ .Values.init.personalInitCheckSum | default "" | toString | quote }}
{{- end -}}

{{- define "vscode-r.variables.vault" -}}
{{- if .Values.vault.enabled }}
VAULT_TOKEN: {{ .Values.vault.token | default "" | toString | quote }}
VAULT_ADDR: {{ .Values.vault.url | default "" | toString | quote }}
VAULT_MOUNT: {{ .Values.vault.mount | default "" | toString | quote }}
VAULT_TOP_DIR: {{ .Values.vault.directory | default "" | toString | quote }}
VAULT_RELATIVE_PATH: {{ .Values.vault.secret | default "" | toString | quote }}
{{- end }}
{{- end -}}

{{- define "vscode-r.variables.s3" -}}
{{- if .Values.s3.enabled }}
AWS_ACCESS_KEY_ID: {{ .Values.s3.accessKeyId | default "" | toString | quote }}
AWS_DEFAULT_REGION: {{ .Values.s3.defaultRegion | default "" | toString | quote }}
AWS_SECRET_ACCESS_KEY: {{ .Values.s3.secretAccessKey | default "" | toString | quote }}
AWS_SESSION_TOKEN: {{ .Values.s3.sessionToken | default "" | toString | quote }}
AWS_PATH_STYLE_ACCESS: {{ .Values.s3.pathStyleAccess | default false | toString | quote }}
AWS_WORKING_DIRECTORY_PATH: {{ .Values.s3.workingDirectoryPath | default "" | toString | quote }}
AWS_S3_ENDPOINT: {{ include "vscode-r.s3.host" . | default "" | quote }}
AWS_ENDPOINT_URL: {{ include "vscode-r.s3.url" . | default "" | quote }}
S3_ENDPOINT: {{ include "vscode-r.s3.url" . | default "" | quote }}
{{- end }}
{{- end -}}

{{- define "vscode-r.variables.git" -}}
{{- if .Values.git.enabled }}
GIT_USER_NAME: {{ .Values.git.name | default "" | toString | quote }}
GIT_USER_MAIL: {{ .Values.git.email | default "" | toString | quote }}
GIT_CREDENTIALS_CACHE_DURATION: {{ .Values.git.cache | default "" | toString | quote }}
GIT_PERSONAL_ACCESS_TOKEN: {{ .Values.git.token | default "" | toString | quote }}
GIT_REPOSITORY: {{ .Values.git.repository | default "" | toString | quote }}
GIT_BRANCH: {{ .Values.git.branch | default "" | toString | quote }}
{{- end }}
{{- end -}}

{{- define "vscode-r.variables.ia" -}}
{{ include "vscode-r.ai.variables" . }}
{{- end -}}

{{- define "vscode-r.variables.mlflow" -}}
{{ include "vscode-r.discovery.mlflow" . }}
{{- end -}}

{{- define "vscode-r.variables.chromadb" -}}
{{ include "vscode-r.discovery.chromadb" . }}
{{- end -}}

{{- define "vscode-r.variables.milvus" -}}
{{ include "vscode-r.discovery.milvus" . }}
{{- end -}}

{{- define "vscode-r.variables.postgresql" -}}
{{ include "vscode-r.discovery.postgresql" . }}
{{- end -}}

{{- define "vscode-r.variables.proxy" -}}
{{- if .Values.proxy.enabled }}
http_proxy: {{ .Values.proxy.httpProxy | default "" | quote }}
HTTP_PROXY: {{ .Values.proxy.httpProxy | default "" | quote }}
https_proxy: {{ .Values.proxy.httpsProxy | default "" | quote }}
HTTPS_PROXY: {{ .Values.proxy.httpsProxy | default "" | quote }}
no_proxy: {{ .Values.proxy.noProxy | default "" | quote }}
NO_PROXY: {{ .Values.proxy.noProxy | default "" | quote }}
{{- end }}
{{- end -}}

{{- define "vscode-r.variables.extraenv" -}}
{{ include "vscode-r.extraEnv.variables" . }}
{{- end -}}

{{- define "vscode-r.variables.repository" -}}
PIP_REPOSITORY: {{ .Values.repository.pipRepository | default "" | toString | quote }}
CONDA_REPOSITORY: {{ .Values.repository.condaRepository | default "" | toString | quote }}
R_REPOSITORY: {{ .Values.repository.rRepository | default "" | toString | quote }}
PACKAGE_MANAGER_URL: {{ .Values.repository.packageManagerUrl | default "" | toString | quote }}
{{- end -}}

{{/* Secrets that hold configuration files. */}}
{{- define "vscode-r.files" -}}
- group: discovery-hive
  name: {{ .Values.hive.secretName | default (printf "%s-secrethive" (include "vscode-r.fullname" .)) | quote }}
  template: "vscode-r.discovery.hive"
- group: discovery-metaflow
  name: {{ .Values.metaflow.secretName | default (printf "%s-secretmetaflow" (include "vscode-r.fullname" .)) | quote }}
  template: "vscode-r.discovery.metaflow"
- group: ai-continue
  name: {{ (printf "%s-secretcontinue" (include "vscode-r.fullname" .)) | quote }}
  template: "vscode-r.ai.continue"
- group: ai-opencode
  name: {{ (printf "%s-secretopencode" (include "vscode-r.fullname" .)) | quote }}
  template: "vscode-r.ai.opencode"
{{- end -}}
