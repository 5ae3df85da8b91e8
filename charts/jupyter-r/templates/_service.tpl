{{/* What is this service's own. Generated from its service.yaml and its options. */}}

{{- define "jupyter-r.title" -}}
Jupyter (R)
{{- end -}}

{{- define "jupyter-r.protocol" -}}
http
{{- end -}}

{{/* Images that this version of the chart was made with: name and tag -> digest. */}}
{{- define "jupyter-r.digests" -}}
{}
{{- end -}}

{{- define "jupyter-r.volume.path" -}}
/home/{{ .Values.environment.user }}/work
{{- end -}}

{{- define "jupyter-r.volume.subPath" -}}
work
{{- end -}}

{{- define "jupyter-r.command" -}}
- jupyter
- lab
- --no-browser
- --ip=0.0.0.0
- --port={{ int .Values.networking.service.port }}
- {{ printf "--ServerApp.base_url=%s/" (include "jupyter-r.path" .) | quote }}
- {{ printf "--ServerApp.root_dir=%s" (include "jupyter-r.directory" .) | quote }}
- --ContentsManager.allow_hidden=True
{{- end -}}

{{- define "jupyter-r.probe" -}}
httpGet:
  path: {{ printf "%s/api" (include "jupyter-r.path" .) | quote }}
  port: http
{{- end -}}

{{/* What `helm test` runs, in the service's own image. */}}
{{- define "jupyter-r.test" -}}
exec curl --fail --silent --show-error --output /dev/null --retry 10 --retry-delay 3 --retry-all-errors --noproxy '*' 'http://{{ include "jupyter-r.fullname" . }}:{{ int .Values.networking.service.port }}{{ include "jupyter-r.path" . }}/api'
{{- end -}}

{{- define "jupyter-r.test.env" -}}
{{- end -}}

{{/* Variables of the container itself; those that options ask for come from `library.environment`. */}}
{{- define "jupyter-r.env" -}}
- name: PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "jupyter-r.password.secret" . | quote }}
      key: PASSWORD
- name: JUPYTER_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ include "jupyter-r.password.secret" . | quote }}
      key: PASSWORD
{{ include "jupyter-r.environment.env" . | trim }}
{{ include "jupyter-r.certificates.env" . | trim }}
{{- end -}}

{{- define "jupyter-r.volumes" -}}
{{ include "jupyter-r.sharedMemory.volumes" . | trim }}
{{ include "jupyter-r.certificates.volumes" . | trim }}
{{ include "jupyter-r.files.volumes" . | trim }}
{{- end -}}

{{- define "jupyter-r.mounts" -}}
{{ include "jupyter-r.sharedMemory.mounts" . | trim }}
{{ include "jupyter-r.certificates.mounts" . | trim }}
{{ include "jupyter-r.files.mounts" . | trim }}
{{- end -}}

{{- define "jupyter-r.prepare.mounts" -}}
{{ include "jupyter-r.certificates.prepareMounts" . | trim }}
{{ include "jupyter-r.files.prepareMounts" . | trim }}
{{- end -}}

{{- define "jupyter-r.ports" -}}
{{- end -}}

{{- define "jupyter-r.help" -}}
{{ include "jupyter-r.discovery.hive.help" . | trim }}
{{ include "jupyter-r.discovery.mlflow.help" . | trim }}
{{ include "jupyter-r.discovery.metaflow.help" . | trim }}
{{ include "jupyter-r.discovery.chromadb.help" . | trim }}
{{ include "jupyter-r.discovery.milvus.help" . | trim }}
{{ include "jupyter-r.discovery.postgresql.help" . | trim }}
{{- end -}}

{{- define "jupyter-r.prepare" -}}
{{ include "jupyter-r.certificates.prepare" . | trim }}
{{ include "jupyter-r.files.prepare" . | trim }}
{{- end -}}

{{- define "jupyter-r.checksums" -}}
{{ include "jupyter-r.password.checksums" . | trim }}
{{ include "jupyter-r.certificates.checksums" . | trim }}
{{ include "jupyter-r.files.checksums" . | trim }}
{{- end -}}

{{/* Objects that hold environment variables. */}}
{{- define "jupyter-r.environment" -}}
- group: init
  kind: Secret
  name: {{ (printf "%s-secretinit" (include "jupyter-r.fullname" .)) | quote }}
- group: vault
  kind: Secret
  name: {{ .Values.vault.secretName | default (printf "%s-secretvault" (include "jupyter-r.fullname" .)) | quote }}
- group: s3
  kind: Secret
  name: {{ .Values.s3.secretName | default (printf "%s-secrets3" (include "jupyter-r.fullname" .)) | quote }}
- group: git
  kind: Secret
  name: {{ .Values.git.secretName | default (printf "%s-secretgit" (include "jupyter-r.fullname" .)) | quote }}
- group: ia
  kind: Secret
  name: {{ .Values.ai.secretName | default (printf "%s-secretia" (include "jupyter-r.fullname" .)) | quote }}
- group: mlflow
  kind: Secret
  name: {{ .Values.mlflow.secretName | default (printf "%s-secretmlflow" (include "jupyter-r.fullname" .)) | quote }}
- group: chromadb
  kind: Secret
  name: {{ .Values.chromadb.secretName | default (printf "%s-secretchromadb" (include "jupyter-r.fullname" .)) | quote }}
- group: milvus
  kind: Secret
  name: {{ .Values.milvus.secretName | default (printf "%s-secretmilvus" (include "jupyter-r.fullname" .)) | quote }}
- group: postgresql
  kind: Secret
  name: {{ .Values.postgresql.secretName | default (printf "%s-secretpostgresql" (include "jupyter-r.fullname" .)) | quote }}
- group: proxy
  kind: Secret
  name: {{ (printf "%s-secretproxy" (include "jupyter-r.fullname" .)) | quote }}
- group: extraenv
  kind: Secret
  name: {{ (printf "%s-secretextraenv" (include "jupyter-r.fullname" .)) | quote }}
- group: repository
  kind: ConfigMap
  name: {{ .Values.repository.configMapName | default (printf "%s-configmaprepository" (include "jupyter-r.fullname" .)) | quote }}
{{- end -}}

{{- define "jupyter-r.variables.init" -}}
REGION_INIT_SCRIPT: {{ .Values.init.regionInit | default "" | toString | quote }}
REGION_INIT_SCRIPT_CHECKSUM: {{ .Values.init.regionInitCheckSum | default "" | toString | quote }}
PERSONAL_INIT_SCRIPT: {{ .Values.init.personalInit | default "" | toString | quote }}
PERSONAL_INIT_ARGS: {{ .Values.init.personalInitArgs | default "" | toString | quote }}
PERSONAL_INIT_SCRIPT_CHECKSUM: {{ .Values.init.personalInitCheckSum | default "" | toString | quote }}
{{- end -}}

{{- define "jupyter-r.variables.vault" -}}
{{- if .Values.vault.enabled }}
VAULT_TOKEN: {{ .Values.vault.token | default "" | toString | quote }}
VAULT_ADDR: {{ .Values.vault.url | default "" | toString | quote }}
VAULT_MOUNT: {{ .Values.vault.mount | default "" | toString | quote }}
VAULT_TOP_DIR: {{ .Values.vault.directory | default "" | toString | quote }}
VAULT_RELATIVE_PATH: {{ .Values.vault.secret | default "" | toString | quote }}
{{- end }}
{{- end -}}

{{- define "jupyter-r.variables.s3" -}}
{{- if .Values.s3.enabled }}
AWS_ACCESS_KEY_ID: {{ .Values.s3.accessKeyId | default "" | toString | quote }}
AWS_DEFAULT_REGION: {{ .Values.s3.defaultRegion | default "" | toString | quote }}
AWS_SECRET_ACCESS_KEY: {{ .Values.s3.secretAccessKey | default "" | toString | quote }}
AWS_SESSION_TOKEN: {{ .Values.s3.sessionToken | default "" | toString | quote }}
AWS_PATH_STYLE_ACCESS: {{ .Values.s3.pathStyleAccess | default false | toString | quote }}
AWS_WORKING_DIRECTORY_PATH: {{ .Values.s3.workingDirectoryPath | default "" | toString | quote }}
AWS_S3_ENDPOINT: {{ include "jupyter-r.s3.host" . | default "" | quote }}
AWS_ENDPOINT_URL: {{ include "jupyter-r.s3.url" . | default "" | quote }}
S3_ENDPOINT: {{ include "jupyter-r.s3.url" . | default "" | quote }}
{{- end }}
{{- end -}}

{{- define "jupyter-r.variables.git" -}}
{{- if .Values.git.enabled }}
GIT_USER_NAME: {{ .Values.git.name | default "" | toString | quote }}
GIT_USER_MAIL: {{ .Values.git.email | default "" | toString | quote }}
GIT_CREDENTIALS_CACHE_DURATION: {{ .Values.git.cache | default "" | toString | quote }}
GIT_PERSONAL_ACCESS_TOKEN: {{ .Values.git.token | default "" | toString | quote }}
GIT_REPOSITORY: {{ .Values.git.repository | default "" | toString | quote }}
GIT_BRANCH: {{ .Values.git.branch | default "" | toString | quote }}
{{- end }}
{{- end -}}

{{- define "jupyter-r.variables.ia" -}}
{{ include "jupyter-r.ai.variables" . }}
{{- end -}}

{{- define "jupyter-r.variables.mlflow" -}}
{{ include "jupyter-r.discovery.mlflow" . }}
{{- end -}}

{{- define "jupyter-r.variables.chromadb" -}}
{{ include "jupyter-r.discovery.chromadb" . }}
{{- end -}}

{{- define "jupyter-r.variables.milvus" -}}
{{ include "jupyter-r.discovery.milvus" . }}
{{- end -}}

{{- define "jupyter-r.variables.postgresql" -}}
{{ include "jupyter-r.discovery.postgresql" . }}
{{- end -}}

{{- define "jupyter-r.variables.proxy" -}}
{{- if .Values.proxy.enabled }}
http_proxy: {{ .Values.proxy.httpProxy | default "" | quote }}
HTTP_PROXY: {{ .Values.proxy.httpProxy | default "" | quote }}
https_proxy: {{ .Values.proxy.httpsProxy | default "" | quote }}
HTTPS_PROXY: {{ .Values.proxy.httpsProxy | default "" | quote }}
no_proxy: {{ .Values.proxy.noProxy | default "" | quote }}
NO_PROXY: {{ .Values.proxy.noProxy | default "" | quote }}
{{- end }}
{{- end -}}

{{- define "jupyter-r.variables.extraenv" -}}
{{ include "jupyter-r.extraEnv.variables" . }}
{{- end -}}

{{- define "jupyter-r.variables.repository" -}}
PIP_REPOSITORY: {{ .Values.repository.pipRepository | default "" | toString | quote }}
CONDA_REPOSITORY: {{ .Values.repository.condaRepository | default "" | toString | quote }}
R_REPOSITORY: {{ .Values.repository.rRepository | default "" | toString | quote }}
PACKAGE_MANAGER_URL: {{ .Values.repository.packageManagerUrl | default "" | toString | quote }}
{{- end -}}

{{/* Secrets that hold configuration files. */}}
{{- define "jupyter-r.files" -}}
- group: discovery-hive
  name: {{ .Values.hive.secretName | default (printf "%s-secrethive" (include "jupyter-r.fullname" .)) | quote }}
  template: "jupyter-r.discovery.hive"
- group: discovery-metaflow
  name: {{ .Values.metaflow.secretName | default (printf "%s-secretmetaflow" (include "jupyter-r.fullname" .)) | quote }}
  template: "jupyter-r.discovery.metaflow"
- group: ai-jupyter
  name: {{ (printf "%s-secretassistant" (include "jupyter-r.fullname" .)) | quote }}
  template: "jupyter-r.ai.jupyter"
- group: ai-opencode
  name: {{ (printf "%s-secretopencode" (include "jupyter-r.fullname" .)) | quote }}
  template: "jupyter-r.ai.opencode"
{{- end -}}
