{{/* What is this service's own. Generated from its service.yaml and its options. */}}

{{/* Images that this version of the chart was made with: name and tag -> digest. */}}
{{- define "library.digests" -}}
{}
{{- end -}}

{{/* What images need of a node with graphics processors: name and tag -> driver and architectures. */}}
{{- define "library.gpus" -}}
{}
{{- end -}}

{{/* How long images are for use, those of which something is stated: name and tag -> status, eol, yanked, successor. */}}
{{- define "library.lifecycle" -}}
{}
{{- end -}}

{{/* Languages of the notes, the preferred one first. */}}
{{- define "library.languages" -}}
["en", "fr"]
{{- end -}}

{{/* Sentences of the notes: language -> in English -> in that language. */}}
{{- define "library.sentences" -}}
{"fr": {"Service access": "Accès au service", "Save the data while the service runs, and restore it:": "Sauvegardez les données pendant que le service tourne, et restaurez-les :", "%s is suspended; its volume is kept.": "%s est suspendu ; son volume est conservé.", "You can connect to %s with your browser using [this link](%s).": "Vous pouvez vous connecter à %s depuis votre navigateur avec [ce lien](%s).", "%s is not exposed. From a terminal: `%s`, then open `%s`.": "%s n'est pas exposé. Depuis un terminal : `%s`, puis ouvrez `%s`.", "Your user name:": "Votre nom d'utilisateur :", "Your": "Votre", "Your password is in the Secret `%s`.": "Votre mot de passe est dans le Secret `%s`.", "Your ports:": "Vos ports :", "Until something answers there, these addresses return error 502 or 503.": "Tant que rien n'y répond, ces adresses donnent une erreur 502 ou 503.", "GPU": "GPU", "The service starts on a node with %s free NVIDIA GPU(s) (`nvidia.com/gpu`), which NVIDIA's device plugin announces. Without such a node it stays Pending, and `kubectl --namespace %s describe pod --selector app.kubernetes.io/instance=%s` says “Insufficient nvidia.com/gpu”.": "Le service démarre sur un nœud qui a %s GPU NVIDIA libre(s) (`nvidia.com/gpu`), annoncé(s) par le device plugin de NVIDIA. Sans un tel nœud, il reste en attente (« Pending ») : `kubectl --namespace %s describe pod --selector app.kubernetes.io/instance=%s` affiche alors « Insufficient nvidia.com/gpu ».", "The node needs an NVIDIA driver %s or newer; otherwise programs find no GPU, and the service's log says so.": "Le nœud doit avoir un pilote NVIDIA %s ou plus récent ; sinon, les programmes ne trouvent aucun GPU, et le journal du service le dit.", "The image has code for %s.": "L'image a du code pour %s.", "The version `%s` was withdrawn: %s.": "La version `%s` a été retirée : %s.", "The version `%s` is a preview, which may change or go away.": "La version `%s` est un aperçu, qui peut changer ou disparaître.", "The version `%s` is in maintenance: it gets corrections only.": "La version `%s` est en maintenance : elle ne reçoit que des corrections.", "The version `%s` has been past its end of life since %s: nobody corrects it any more.": "La version `%s` est en fin de vie depuis le %s : plus personne ne la corrige.", "Its end of life is on %s.": "Sa fin de vie est le %s.", "Choose `%s` instead.": "Choisissez plutôt `%s`.", "Save": "Sauvegarde", "The directory `%s` is **deleted with the service**. Keep your code in a Git repository, and your data in an object store.": "Le répertoire `%s` est **effacé avec le service**. Gardez votre code dans un dépôt Git, et vos données dans un stockage objet.", "Without a persistent volume, it is also deleted at every restart.": "Sans volume persistant, il l'est aussi à chaque redémarrage.", "Services found": "Services trouvés", "%s is part of it, at %s in the cluster.": "%s en fait partie, à l'adresse %s dans le cluster.", "interface of the driver": "interface du pilote", "Access to the database": "Accès à la base", "PostgreSQL is suspended; its volume is kept.": "PostgreSQL est suspendu ; son volume est conservé.", "Address in the cluster: `%s`, port %d": "Adresse dans le cluster : `%s`, port %d", "Database:": "Base :", "User:": "Utilisateur :", "Services of the namespace that start from now on connect by themselves: `psql` is enough.": "Les services de l'espace qui démarrent ensuite s'y connectent d'eux-mêmes : `psql` y suffit.", "The data is **deleted with the service**.": "Les données sont **effacées avec le service**.", "`psql` connects to it without arguments, and so do these programs.": "`psql` s'y connecte sans argument, et ces programmes aussi.", "experiments are recorded there (`MLFLOW_TRACKING_URI`).": "les expériences y sont enregistrées (`MLFLOW_TRACKING_URI`).", "its address and token are in `MILVUS_*`.": "l'adresse et le jeton sont dans `MILVUS_*`.", "its address and credentials are in `CHROMA_*`.": "l'adresse et les identifiants sont dans `CHROMA_*`.", "Spark finds its tables there.": "Spark y trouve ses tables.", "flows are recorded in the service that was found.": "les flux sont enregistrés dans le service trouvé.", "Services of the namespace that start from now on have it as their object store, unless they are given another one.": "Les services de l'espace qui démarrent ensuite l'ont comme stockage objet, sauf si on leur en donne un autre.", "Services of the namespace that start from now on have its address and its password in `REDIS_URL`.": "Les services de l'espace qui démarrent ensuite ont son adresse et son mot de passe dans `REDIS_URL`.", "its address and credentials are in `AWS_*`, which every client of S3 reads.": "l'adresse et les identifiants sont dans `AWS_*`, que lit tout client S3.", "its address and its password are in `REDIS_URL`.": "l'adresse et le mot de passe sont dans `REDIS_URL`.", "Pods of the namespace log in by their own tokens, at `auth/kubernetes` with the role `namespace`, and share what is below `secret/`.": "Les pods de l'espace se connectent par leurs propres jetons, sur `auth/kubernetes` avec le rôle `namespace`, et partagent ce qui est sous `secret/`.", "its address is in `VAULT_ADDR`, and the pod's own token opens it.": "l'adresse est dans `VAULT_ADDR`, et le jeton du pod l'ouvre."}}
{{- end -}}

{{/* What values.yaml says, each default as a list of one item. */}}
{{- define "library.defaults" -}}
{"service": {"image": {"pullPolicy": ["IfNotPresent"], "version": ["localhost:5000/catalog/marimo-python:py3.13"], "pinDigest": [true], "custom": {"enabled": [false], "version": ["localhost:5000/catalog/marimo-python:py3.13"]}}, "initContainer": {"image": [""], "pullPolicy": ["IfNotPresent"], "resources": {"limits": [{"cpu": "50m", "memory": "50Mi"}], "requests": [{}]}}}, "resources": {"requests": {"cpu": [""], "memory": [""]}, "limits": {"cpu": [""], "memory": [""]}}, "persistence": {"enabled": [true], "accessMode": ["ReadWriteOnce"], "size": ["10Gi"], "storageClass": [""], "existingClaim": [""], "keep": [false], "annotations": [{}]}, "init": {"standardInitPath": ["/opt/onyxia-init.sh"], "regionInit": [""], "regionInitCheckSum": [""], "personalInit": [""], "personalInitArgs": [""], "personalInitCheckSum": [""]}, "extraEnvVars": [[]], "kubernetes": {"enabled": [true], "role": ["view"]}, "vault": {"enabled": [false], "secretName": [""], "existingSecret": [""], "token": [""], "url": [""], "mount": [""], "directory": [""], "secret": [""]}, "s3": {"enabled": [false], "secretName": [""], "existingSecret": [""], "accessKeyId": [""], "endpoint": [""], "defaultRegion": [""], "secretAccessKey": [""], "sessionToken": [""], "pathStyleAccess": [false], "workingDirectoryPath": [""]}, "git": {"enabled": [true], "secretName": [""], "existingSecret": [""], "name": [""], "email": [""], "cache": [""], "token": [""], "repository": [""], "branch": [""], "asCodeServerRoot": [false]}, "ai": {"enabled": [false], "secretName": [""], "existingSecret": [""], "activeProvider": {"id": [""], "name": [""], "provider": [""], "apiBase": [""], "apiKey": [""], "selectedModel": [""], "models": [[]]}, "providers": [[]]}, "networking": {"type": ["ClusterIP"], "clusterIP": ["None"], "service": {"port": [2718]}, "user": {"enabled": [false], "port": [5000], "ports": [[]]}}, "discovery": {"hive": [true], "mlflow": [true], "metaflow": [true], "chromadb": [true], "milvus": [true], "postgresql": [true], "s3": [true], "redis": [true], "vault": [true]}, "security": {"password": [""], "existingSecret": [""], "allowlist": {"enabled": [false], "ip": ["0.0.0.0/0"]}, "networkPolicy": {"enabled": [false], "from": [[]], "egress": [[]]}, "sudo": [true], "readOnlyRoot": [false]}, "nodeSelector": [{}], "openshiftSCC": {"enabled": [false], "scc": [""]}, "ingress": {"enabled": [false], "tls": [true], "ingressClassName": [""], "annotations": [{}], "hostname": ["chart-example.local"], "userHostname": ["chart-example-user.local"], "path": ["/"], "userPath": ["/"], "useCertManager": [false], "certManagerClusterIssuer": [""], "useTlsSecret": [false], "tlsSecretName": [""]}, "route": {"enabled": [false], "annotations": [{}], "hostname": ["chart-example.local"], "userHostname": ["chart-example-user.local"], "tls": {"termination": ["edge"], "key": [""], "certificate": [""], "caCertificate": [""], "destinationCACertificate": [""]}, "wildcardPolicy": ["None"]}, "httproute": {"enabled": [false], "annotations": [{}], "hostname": ["chart-example.local"], "userHostname": ["chart-example-user.local"], "path": ["/"], "userPath": ["/"], "parentRefs": [[]], "timeouts": {"request": [""], "backendRequest": [""]}}, "istio": {"enabled": [false], "gateways": [[]], "annotations": [{}], "hostname": ["chart-example.local"], "userHostname": ["chart-example-user.local"], "path": ["/"], "userPath": ["/"]}, "repository": {"configMapName": [""], "pipRepository": [""], "condaRepository": [""]}, "startupProbe": {"failureThreshold": [60], "initialDelaySeconds": [10], "periodSeconds": [10], "successThreshold": [1], "timeoutSeconds": [2]}, "tolerations": [[]], "userPreferences": {"aiAssistant": {"enabled": [false], "secretName": [""], "provider": [""], "model": [""], "apiBase": [""], "apiKey": [""]}, "darkMode": [false], "language": ["en"]}, "global": {"suspend": [false]}, "proxy": {"enabled": [false], "existingSecret": [""], "httpProxy": [""], "httpsProxy": [""], "noProxy": [""]}, "certificates": {"cacerts": [""], "pathToCaBundle": ["/usr/local/share/ca-certificates/"]}, "message": {"fr": [""], "en": [""]}, "runtimeClassName": [""], "sharedMemory": {"sizeLimit": ["10Gi"]}, "environment": {"user": ["onyxia"], "group": ["users"]}, "hive": {"secretName": [""]}, "mlflow": {"secretName": [""]}, "metaflow": {"secretName": [""]}, "chromadb": {"secretName": [""]}, "milvus": {"secretName": [""]}, "postgresql": {"secretName": [""]}, "affinity": [{}], "topologySpreadConstraints": [[]], "priorityClassName": [""], "replicaCount": [1], "podDisruptionBudget": {"enabled": [false], "minAvailable": ["100%"], "maxUnavailable": [""]}, "commonLabels": [{}], "imagePullSecrets": [[]], "nameOverride": [""], "fullnameOverride": [""], "serviceAccount": {"create": [true], "annotations": [{}], "name": [""]}, "podAnnotations": [{}], "podLabels": [{}], "podSecurityContext": [{"fsGroup": 100}], "securityContext": [{}], "terminationGracePeriodSeconds": [30], "extraVolumes": [[]], "extraVolumeMounts": [[]]}
{{- end -}}

{{- define "library.workload.main.kind" -}}
StatefulSet
{{- end -}}

{{- define "library.workload.main.component" -}}

{{- end -}}

{{- define "library.workload.main.protocol" -}}
http
{{- end -}}

{{- define "library.workload.main.port" -}}
{{- int .Values.networking.service.port }}
{{- end -}}

{{/* Further ports: name -> number. */}}
{{- define "library.workload.main.namedPorts" -}}
{}
{{- end -}}

{{- define "library.workload.main.volume.path" -}}
/home/{{ .Values.environment.user }}/work
{{- end -}}

{{- define "library.workload.main.volume.subPath" -}}
work
{{- end -}}

{{- define "library.workload.main.volume.each" -}}

{{- end -}}

{{- define "library.workload.main.image" -}}

{{- end -}}

{{- define "library.workload.main.command" -}}
- marimo
- edit
- --headless
- --host=0.0.0.0
- --port={{ int .Values.networking.service.port }}
{{- with include "library.path" . }}
- {{ printf "--base-url=%s" . | quote }}
{{- end }}
- --token
- --token-password-file=/etc/service/password/PASSWORD
- {{ include "library.folder" . | quote }}
{{- end -}}

{{- define "library.workload.main.probe" -}}
httpGet:
  path: {{ printf "%s/health" (include "library.path" .) | quote }}
  port: http
{{- end -}}

{{/* Variables of the container itself; those that options ask for come from `library.environment`. */}}
{{- define "library.workload.main.env" -}}
- name: PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "library.password.secret" . | quote }}
      key: PASSWORD
{{ include "library.environment.env" . | trim }}
{{ include "library.certificates.env" . | trim }}
{{- end -}}

{{- define "library.workload.main.volumes" -}}
{{ include "library.sharedMemory.volumes" . | trim }}
{{ include "library.certificates.volumes" . | trim }}
{{ include "library.readOnly.volumes" . | trim }}
{{ include "library.password.volumes" . | trim }}
{{ include "library.files.volumes" . | trim }}
{{- end -}}

{{- define "library.workload.main.mounts" -}}
{{ include "library.sharedMemory.mounts" . | trim }}
{{ include "library.certificates.mounts" . | trim }}
{{ include "library.readOnly.mounts" . | trim }}
{{ include "library.password.mounts" . | trim }}
{{ include "library.files.mounts" . | trim }}
{{- end -}}

{{- define "library.workload.main.prepare" -}}
{{ include "library.certificates.prepare" . | trim }}
{{ include "library.files.prepare" . | trim }}
{{- end -}}

{{- define "library.workload.main.prepare.mounts" -}}
{{ include "library.certificates.prepareMounts" . | trim }}
{{ include "library.files.prepareMounts" . | trim }}
{{- end -}}

{{- define "library.workload.main.checksums" -}}
{{ include "library.password.checksums" . | trim }}
{{ include "library.certificates.checksums" . | trim }}
{{ include "library.extraEnv.checksums" . | trim }}
{{ include "library.files.checksums" . | trim }}
{{- end -}}

{{- define "library.workload.main.ports" -}}
{{- end -}}

{{- define "library.workload.main.help" -}}
{{ include "library.discovery.hive.help" . | trim }}
{{ include "library.discovery.mlflow.help" . | trim }}
{{ include "library.discovery.metaflow.help" . | trim }}
{{ include "library.discovery.chromadb.help" . | trim }}
{{ include "library.discovery.milvus.help" . | trim }}
{{ include "library.discovery.postgresql.help" . | trim }}
{{ include "library.discovery.s3.help" . | trim }}
{{ include "library.discovery.redis.help" . | trim }}
{{ include "library.discovery.vault.help" . | trim }}
{{- end -}}

{{/* Containers beside it. */}}
{{- define "library.workload.main.sidecars" -}}
{{- end -}}

{{- define "library.service.main.title" -}}
marimo (Python)
{{- end -}}

{{/* What `helm test` runs, in the service's own image. */}}
{{- define "library.service.main.test" -}}
{{ include "library.test.page" (dict "context" . "path" (printf "%s/health" (include "library.path" .))) }}
{{- end -}}

{{- define "library.service.main.test.env" -}}
{{- end -}}

{{/* Objects that hold environment variables. */}}
{{- define "library.service.main.environment" -}}
- group: init
  kind: Secret
  name: {{ (printf "%s-secretinit" (include "library.fullname" .)) | quote }}
- group: vault
  kind: Secret
  name: {{ .Values.vault.secretName | default (printf "%s-secretvault" (include "library.fullname" .)) | quote }}
  existing: {{ .Values.vault.enabled | empty | ternary "" .Values.vault.existingSecret | quote }}
- group: s3
  kind: Secret
  name: {{ .Values.s3.secretName | default (printf "%s-secrets3" (include "library.fullname" .)) | quote }}
  existing: {{ .Values.s3.enabled | empty | ternary "" .Values.s3.existingSecret | quote }}
- group: git
  kind: Secret
  name: {{ .Values.git.secretName | default (printf "%s-secretgit" (include "library.fullname" .)) | quote }}
  existing: {{ .Values.git.enabled | empty | ternary "" .Values.git.existingSecret | quote }}
- group: ia
  kind: Secret
  name: {{ .Values.ai.secretName | default (printf "%s-secretia" (include "library.fullname" .)) | quote }}
  existing: {{ .Values.ai.enabled | empty | ternary "" .Values.ai.existingSecret | quote }}
- group: mlflow
  kind: Secret
  name: {{ .Values.mlflow.secretName | default (printf "%s-secretmlflow" (include "library.fullname" .)) | quote }}
- group: chromadb
  kind: Secret
  name: {{ .Values.chromadb.secretName | default (printf "%s-secretchromadb" (include "library.fullname" .)) | quote }}
- group: milvus
  kind: Secret
  name: {{ .Values.milvus.secretName | default (printf "%s-secretmilvus" (include "library.fullname" .)) | quote }}
- group: postgresql
  kind: Secret
  name: {{ .Values.postgresql.secretName | default (printf "%s-secretpostgresql" (include "library.fullname" .)) | quote }}
- group: s3discovered
  kind: Secret
  name: {{ (printf "%s-secrets3discovered" (include "library.fullname" .)) | quote }}
- group: redisdiscovered
  kind: Secret
  name: {{ (printf "%s-secretredisdiscovered" (include "library.fullname" .)) | quote }}
- group: vaultdiscovered
  kind: Secret
  name: {{ (printf "%s-secretvaultdiscovered" (include "library.fullname" .)) | quote }}
- group: proxy
  kind: Secret
  name: {{ (printf "%s-secretproxy" (include "library.fullname" .)) | quote }}
  existing: {{ .Values.proxy.enabled | empty | ternary "" .Values.proxy.existingSecret | quote }}
- group: repository
  kind: ConfigMap
  name: {{ .Values.repository.configMapName | default (printf "%s-configmaprepository" (include "library.fullname" .)) | quote }}
{{- end -}}

{{- define "library.service.main.variables.init" -}}
REGION_INIT_SCRIPT: {{ .Values.init.regionInit | default "" | toString | quote }}
REGION_INIT_SCRIPT_CHECKSUM: {{ .Values.init.regionInitCheckSum | default "" | toString | quote }}
PERSONAL_INIT_SCRIPT: {{ .Values.init.personalInit | default "" | toString | quote }}
PERSONAL_INIT_ARGS: {{ .Values.init.personalInitArgs | default "" | toString | quote }}
PERSONAL_INIT_SCRIPT_CHECKSUM: {{ .Values.init.personalInitCheckSum | default "" | toString | quote }}
{{- end -}}

{{- define "library.service.main.variables.vault" -}}
{{- if .Values.vault.enabled }}
VAULT_TOKEN: {{ .Values.vault.token | default "" | toString | quote }}
VAULT_ADDR: {{ .Values.vault.url | default "" | toString | quote }}
VAULT_MOUNT: {{ .Values.vault.mount | default "" | toString | quote }}
VAULT_TOP_DIR: {{ .Values.vault.directory | default "" | toString | quote }}
VAULT_RELATIVE_PATH: {{ .Values.vault.secret | default "" | toString | quote }}
{{- end }}
{{- end -}}

{{- define "library.service.main.variables.s3" -}}
{{- if .Values.s3.enabled }}
AWS_ACCESS_KEY_ID: {{ .Values.s3.accessKeyId | default "" | toString | quote }}
AWS_DEFAULT_REGION: {{ .Values.s3.defaultRegion | default "" | toString | quote }}
AWS_SECRET_ACCESS_KEY: {{ .Values.s3.secretAccessKey | default "" | toString | quote }}
AWS_SESSION_TOKEN: {{ .Values.s3.sessionToken | default "" | toString | quote }}
AWS_PATH_STYLE_ACCESS: {{ .Values.s3.pathStyleAccess | default false | toString | quote }}
AWS_WORKING_DIRECTORY_PATH: {{ .Values.s3.workingDirectoryPath | default "" | toString | quote }}
AWS_S3_ENDPOINT: {{ include "library.s3.host" . | default "" | quote }}
AWS_ENDPOINT_URL: {{ include "library.s3.url" . | default "" | quote }}
S3_ENDPOINT: {{ include "library.s3.url" . | default "" | quote }}
{{- end }}
{{- end -}}

{{- define "library.service.main.variables.git" -}}
{{- if .Values.git.enabled }}
GIT_USER_NAME: {{ .Values.git.name | default "" | toString | quote }}
GIT_USER_MAIL: {{ .Values.git.email | default "" | toString | quote }}
GIT_CREDENTIALS_CACHE_DURATION: {{ .Values.git.cache | default "" | toString | quote }}
GIT_PERSONAL_ACCESS_TOKEN: {{ .Values.git.token | default "" | toString | quote }}
GIT_REPOSITORY: {{ .Values.git.repository | default "" | toString | quote }}
GIT_BRANCH: {{ .Values.git.branch | default "" | toString | quote }}
{{- end }}
{{- end -}}

{{- define "library.service.main.variables.ia" -}}
{{ include "library.ai.variables" . }}
{{- end -}}

{{- define "library.service.main.variables.mlflow" -}}
{{ include "library.discovery.mlflow" . }}
{{- end -}}

{{- define "library.service.main.variables.chromadb" -}}
{{ include "library.discovery.chromadb" . }}
{{- end -}}

{{- define "library.service.main.variables.milvus" -}}
{{ include "library.discovery.milvus" . }}
{{- end -}}

{{- define "library.service.main.variables.postgresql" -}}
{{ include "library.discovery.postgresql" . }}
{{- end -}}

{{- define "library.service.main.variables.s3discovered" -}}
{{ include "library.discovery.s3" . }}
{{- end -}}

{{- define "library.service.main.variables.redisdiscovered" -}}
{{ include "library.discovery.redis" . }}
{{- end -}}

{{- define "library.service.main.variables.vaultdiscovered" -}}
{{ include "library.discovery.vault" . }}
{{- end -}}

{{- define "library.service.main.variables.proxy" -}}
{{- if .Values.proxy.enabled }}
http_proxy: {{ .Values.proxy.httpProxy | default "" | quote }}
HTTP_PROXY: {{ .Values.proxy.httpProxy | default "" | quote }}
https_proxy: {{ .Values.proxy.httpsProxy | default "" | quote }}
HTTPS_PROXY: {{ .Values.proxy.httpsProxy | default "" | quote }}
no_proxy: {{ .Values.proxy.noProxy | default "" | quote }}
NO_PROXY: {{ .Values.proxy.noProxy | default "" | quote }}
{{- end }}
{{- end -}}

{{- define "library.service.main.variables.repository" -}}
PIP_REPOSITORY: {{ .Values.repository.pipRepository | default "" | toString | quote }}
CONDA_REPOSITORY: {{ .Values.repository.condaRepository | default "" | toString | quote }}
{{- end -}}

{{/* Secrets that hold configuration files. */}}
{{- define "library.service.main.files" -}}
- group: discovery-hive
  name: {{ .Values.hive.secretName | default (printf "%s-secrethive" (include "library.fullname" .)) | quote }}
  template: "library.discovery.hive"
- group: discovery-metaflow
  name: {{ .Values.metaflow.secretName | default (printf "%s-secretmetaflow" (include "library.fullname" .)) | quote }}
  template: "library.discovery.metaflow"
- group: ai-opencode
  name: {{ (printf "%s-secretopencode" (include "library.fullname" .)) | quote }}
  template: "library.ai.opencode"
{{- end -}}
