{{/* What is this service's own. Generated from its service.yaml and its options. */}}

{{- define "vscode-python-gpu.title" -}}
VS Code (Python, GPU)
{{- end -}}

{{- define "vscode-python-gpu.protocol" -}}
http
{{- end -}}

{{/* Images that this version of the chart was made with: name and tag -> digest. */}}
{{- define "vscode-python-gpu.digests" -}}
{}
{{- end -}}

{{- define "vscode-python-gpu.volume.path" -}}
/home/{{ .Values.environment.user }}/work
{{- end -}}

{{- define "vscode-python-gpu.volume.subPath" -}}
work
{{- end -}}

{{- define "vscode-python-gpu.command" -}}
- code-server
- --bind-addr=0.0.0.0:{{ int .Values.networking.service.port }}
- --auth=password
- --disable-telemetry
- --disable-update-check
- {{ include "vscode-python-gpu.folder" . | quote }}
{{- end -}}

{{- define "vscode-python-gpu.probe" -}}
httpGet:
  path: /healthz
  port: http
{{- end -}}

{{/* What `helm test` runs, in the service's own image. */}}
{{- define "vscode-python-gpu.test" -}}
exec curl --fail --silent --show-error --output /dev/null --retry 10 --retry-delay 3 --retry-all-errors --noproxy '*' 'http://{{ include "vscode-python-gpu.fullname" . }}:{{ int .Values.networking.service.port }}/healthz'
{{- end -}}

{{- define "vscode-python-gpu.test.env" -}}
{{- end -}}

{{/* Variables of the container itself; those that options ask for come from `library.environment`. */}}
{{- define "vscode-python-gpu.env" -}}
- name: PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "vscode-python-gpu.password.secret" . | quote }}
      key: PASSWORD
{{ include "vscode-python-gpu.environment.env" . | trim }}
{{ include "vscode-python-gpu.certificates.env" . | trim }}
{{- end -}}

{{- define "vscode-python-gpu.volumes" -}}
{{ include "vscode-python-gpu.sharedMemory.volumes" . | trim }}
{{ include "vscode-python-gpu.certificates.volumes" . | trim }}
{{ include "vscode-python-gpu.files.volumes" . | trim }}
{{- end -}}

{{- define "vscode-python-gpu.mounts" -}}
{{ include "vscode-python-gpu.sharedMemory.mounts" . | trim }}
{{ include "vscode-python-gpu.certificates.mounts" . | trim }}
{{ include "vscode-python-gpu.files.mounts" . | trim }}
{{- end -}}

{{- define "vscode-python-gpu.prepare.mounts" -}}
{{ include "vscode-python-gpu.certificates.prepareMounts" . | trim }}
{{ include "vscode-python-gpu.files.prepareMounts" . | trim }}
{{- end -}}

{{- define "vscode-python-gpu.ports" -}}
{{- end -}}

{{- define "vscode-python-gpu.help" -}}
{{ include "vscode-python-gpu.discovery.hive.help" . | trim }}
{{ include "vscode-python-gpu.discovery.mlflow.help" . | trim }}
{{ include "vscode-python-gpu.discovery.metaflow.help" . | trim }}
{{ include "vscode-python-gpu.discovery.chromadb.help" . | trim }}
{{ include "vscode-python-gpu.discovery.milvus.help" . | trim }}
{{ include "vscode-python-gpu.discovery.postgresql.help" . | trim }}
{{- end -}}

{{- define "vscode-python-gpu.prepare" -}}
{{ include "vscode-python-gpu.certificates.prepare" . | trim }}
{{ include "vscode-python-gpu.files.prepare" . | trim }}
{{- end -}}

{{- define "vscode-python-gpu.checksums" -}}
{{ include "vscode-python-gpu.password.checksums" . | trim }}
{{ include "vscode-python-gpu.certificates.checksums" . | trim }}
{{ include "vscode-python-gpu.files.checksums" . | trim }}
{{- end -}}

{{/* Objects that hold environment variables. */}}
{{- define "vscode-python-gpu.environment" -}}
- group: init
  kind: Secret
  name: {{ (printf "%s-secretinit" (include "vscode-python-gpu.fullname" .)) | quote }}
- group: vault
  kind: Secret
  name: {{ .Values.vault.secretName | default (printf "%s-secretvault" (include "vscode-python-gpu.fullname" .)) | quote }}
- group: s3
  kind: Secret
  name: {{ .Values.s3.secretName | default (printf "%s-secrets3" (include "vscode-python-gpu.fullname" .)) | quote }}
- group: git
  kind: Secret
  name: {{ .Values.git.secretName | default (printf "%s-secretgit" (include "vscode-python-gpu.fullname" .)) | quote }}
- group: ia
  kind: Secret
  name: {{ .Values.ai.secretName | default (printf "%s-secretia" (include "vscode-python-gpu.fullname" .)) | quote }}
- group: mlflow
  kind: Secret
  name: {{ .Values.mlflow.secretName | default (printf "%s-secretmlflow" (include "vscode-python-gpu.fullname" .)) | quote }}
- group: chromadb
  kind: Secret
  name: {{ .Values.chromadb.secretName | default (printf "%s-secretchromadb" (include "vscode-python-gpu.fullname" .)) | quote }}
- group: milvus
  kind: Secret
  name: {{ .Values.milvus.secretName | default (printf "%s-secretmilvus" (include "vscode-python-gpu.fullname" .)) | quote }}
- group: postgresql
  kind: Secret
  name: {{ .Values.postgresql.secretName | default (printf "%s-secretpostgresql" (include "vscode-python-gpu.fullname" .)) | quote }}
- group: proxy
  kind: Secret
  name: {{ (printf "%s-secretproxy" (include "vscode-python-gpu.fullname" .)) | quote }}
- group: extraenv
  kind: Secret
  name: {{ (printf "%s-secretextraenv" (include "vscode-python-gpu.fullname" .)) | quote }}
- group: repository
  kind: ConfigMap
  name: {{ .Values.repository.configMapName | default (printf "%s-configmaprepository" (include "vscode-python-gpu.fullname" .)) | quote }}
{{- end -}}

{{- define "vscode-python-gpu.variables.init" -}}
REGION_INIT_SCRIPT: {{ .Values.init.regionInit | default "" | toString | quote }}
REGION_INIT_SCRIPT_CHECKSUM: {{ .Values.init.regionInitCheckSum | default "" | toString | quote }}
PERSONAL_INIT_SCRIPT: {{ .Values.init.personalInit | default "" | toString | quote }}
PERSONAL_INIT_ARGS: {{ .Values.init.personalInitArgs | default "" | toString | quote }}
PERSONAL_INIT_SCRIPT_CHECKSUM: {{ .Values.init.personalInitCheckSum | default "" | toString | quote }}
{{- end -}}

{{- define "vscode-python-gpu.variables.vault" -}}
{{- if .Values.vault.enabled }}
VAULT_TOKEN: {{ .Values.vault.token | default "" | toString | quote }}
VAULT_ADDR: {{ .Values.vault.url | default "" | toString | quote }}
VAULT_MOUNT: {{ .Values.vault.mount | default "" | toString | quote }}
VAULT_TOP_DIR: {{ .Values.vault.directory | default "" | toString | quote }}
VAULT_RELATIVE_PATH: {{ .Values.vault.secret | default "" | toString | quote }}
{{- end }}
{{- end -}}

{{- define "vscode-python-gpu.variables.s3" -}}
{{- if .Values.s3.enabled }}
AWS_ACCESS_KEY_ID: {{ .Values.s3.accessKeyId | default "" | toString | quote }}
AWS_DEFAULT_REGION: {{ .Values.s3.defaultRegion | default "" | toString | quote }}
AWS_SECRET_ACCESS_KEY: {{ .Values.s3.secretAccessKey | default "" | toString | quote }}
AWS_SESSION_TOKEN: {{ .Values.s3.sessionToken | default "" | toString | quote }}
AWS_PATH_STYLE_ACCESS: {{ .Values.s3.pathStyleAccess | default false | toString | quote }}
AWS_WORKING_DIRECTORY_PATH: {{ .Values.s3.workingDirectoryPath | default "" | toString | quote }}
AWS_S3_ENDPOINT: {{ include "vscode-python-gpu.s3.host" . | default "" | quote }}
AWS_ENDPOINT_URL: {{ include "vscode-python-gpu.s3.url" . | default "" | quote }}
S3_ENDPOINT: {{ include "vscode-python-gpu.s3.url" . | default "" | quote }}
{{- end }}
{{- end -}}

{{- define "vscode-python-gpu.variables.git" -}}
{{- if .Values.git.enabled }}
GIT_USER_NAME: {{ .Values.git.name | default "" | toString | quote }}
GIT_USER_MAIL: {{ .Values.git.email | default "" | toString | quote }}
GIT_CREDENTIALS_CACHE_DURATION: {{ .Values.git.cache | default "" | toString | quote }}
GIT_PERSONAL_ACCESS_TOKEN: {{ .Values.git.token | default "" | toString | quote }}
GIT_REPOSITORY: {{ .Values.git.repository | default "" | toString | quote }}
GIT_BRANCH: {{ .Values.git.branch | default "" | toString | quote }}
{{- end }}
{{- end -}}

{{- define "vscode-python-gpu.variables.ia" -}}
{{ include "vscode-python-gpu.ai.variables" . }}
{{- end -}}

{{- define "vscode-python-gpu.variables.mlflow" -}}
{{ include "vscode-python-gpu.discovery.mlflow" . }}
{{- end -}}

{{- define "vscode-python-gpu.variables.chromadb" -}}
{{ include "vscode-python-gpu.discovery.chromadb" . }}
{{- end -}}

{{- define "vscode-python-gpu.variables.milvus" -}}
{{ include "vscode-python-gpu.discovery.milvus" . }}
{{- end -}}

{{- define "vscode-python-gpu.variables.postgresql" -}}
{{ include "vscode-python-gpu.discovery.postgresql" . }}
{{- end -}}

{{- define "vscode-python-gpu.variables.proxy" -}}
{{- if .Values.proxy.enabled }}
http_proxy: {{ .Values.proxy.httpProxy | default "" | quote }}
HTTP_PROXY: {{ .Values.proxy.httpProxy | default "" | quote }}
https_proxy: {{ .Values.proxy.httpsProxy | default "" | quote }}
HTTPS_PROXY: {{ .Values.proxy.httpsProxy | default "" | quote }}
no_proxy: {{ .Values.proxy.noProxy | default "" | quote }}
NO_PROXY: {{ .Values.proxy.noProxy | default "" | quote }}
{{- end }}
{{- end -}}

{{- define "vscode-python-gpu.variables.extraenv" -}}
{{ include "vscode-python-gpu.extraEnv.variables" . }}
{{- end -}}

{{- define "vscode-python-gpu.variables.repository" -}}
PIP_REPOSITORY: {{ .Values.repository.pipRepository | default "" | toString | quote }}
CONDA_REPOSITORY: {{ .Values.repository.condaRepository | default "" | toString | quote }}
{{- end -}}

{{/* Secrets that hold configuration files. */}}
{{- define "vscode-python-gpu.files" -}}
- group: discovery-hive
  name: {{ .Values.hive.secretName | default (printf "%s-secrethive" (include "vscode-python-gpu.fullname" .)) | quote }}
  template: "vscode-python-gpu.discovery.hive"
- group: discovery-metaflow
  name: {{ .Values.metaflow.secretName | default (printf "%s-secretmetaflow" (include "vscode-python-gpu.fullname" .)) | quote }}
  template: "vscode-python-gpu.discovery.metaflow"
- group: ai-continue
  name: {{ (printf "%s-secretcontinue" (include "vscode-python-gpu.fullname" .)) | quote }}
  template: "vscode-python-gpu.ai.continue"
- group: ai-opencode
  name: {{ (printf "%s-secretopencode" (include "vscode-python-gpu.fullname" .)) | quote }}
  template: "vscode-python-gpu.ai.opencode"
{{- end -}}
