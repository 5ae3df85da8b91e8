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
{"service": {"image": {"pullPolicy": ["IfNotPresent"], "version": ["localhost:5000/catalog/openbao:trixie"], "pinDigest": [true], "custom": {"enabled": [false], "version": ["localhost:5000/catalog/openbao:trixie"]}}, "initContainer": {"image": [""], "pullPolicy": ["IfNotPresent"], "resources": {"limits": [{"cpu": "50m", "memory": "50Mi"}], "requests": [{}]}}}, "resources": {"requests": {"cpu": [""], "memory": [""]}, "limits": {"cpu": [""], "memory": [""]}}, "persistence": {"enabled": [true], "accessMode": ["ReadWriteOnce"], "size": ["10Gi"], "storageClass": [""], "existingClaim": [""], "keep": [false], "annotations": [{}]}, "extraEnvVars": [[]], "networking": {"type": ["ClusterIP"], "clusterIP": ["None"], "service": {"port": [8200]}}, "discovery": {"enabled": [true]}, "security": {"networkPolicy": {"enabled": [false], "from": [[]], "egress": [[]]}, "sudo": [false], "readOnlyRoot": [true], "password": [""], "existingSecret": [""], "allowlist": {"enabled": [false], "ip": ["0.0.0.0/0"]}}, "nodeSelector": [{}], "openshiftSCC": {"enabled": [false], "scc": [""]}, "startupProbe": {"failureThreshold": [60], "initialDelaySeconds": [10], "periodSeconds": [10], "successThreshold": [1], "timeoutSeconds": [2]}, "tolerations": [[]], "userPreferences": {"darkMode": [false], "language": ["en"]}, "global": {"suspend": [false]}, "message": {"fr": [""], "en": [""]}, "runtimeClassName": [""], "affinity": [{}], "topologySpreadConstraints": [[]], "priorityClassName": [""], "replicaCount": [1], "podDisruptionBudget": {"enabled": [false], "minAvailable": ["100%"], "maxUnavailable": [""]}, "commonLabels": [{}], "imagePullSecrets": [[]], "nameOverride": [""], "fullnameOverride": [""], "serviceAccount": {"create": [true], "annotations": [{}], "name": [""]}, "podAnnotations": [{}], "podLabels": [{}], "podSecurityContext": [{"fsGroup": 100}], "securityContext": [{}], "terminationGracePeriodSeconds": [30], "extraVolumes": [[]], "extraVolumeMounts": [[]]}
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
/var/lib/openbao
{{- end -}}

{{- define "library.workload.main.volume.subPath" -}}
data
{{- end -}}

{{- define "library.workload.main.volume.each" -}}

{{- end -}}

{{- define "library.workload.main.image" -}}

{{- end -}}

{{- define "library.workload.main.command" -}}
- openbao-server
{{- end -}}

{{- define "library.workload.main.probe" -}}
httpGet:
  path: /v1/sys/health
  port: http
{{- end -}}

{{/* Variables of the container itself; those that options ask for come from `library.environment`. */}}
{{- define "library.workload.main.env" -}}
- name: OPENBAO_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "library.password.secret" . | quote }}
      key: PASSWORD
- name: OPENBAO_PORT
  value: {{ .Values.networking.service.port | quote }}
{{- end -}}

{{- define "library.workload.main.volumes" -}}
{{ include "library.readOnly.volumes" . | trim }}
{{ include "library.openbao.volumes" . | trim }}
{{- end -}}

{{- define "library.workload.main.mounts" -}}
{{ include "library.readOnly.mounts" . | trim }}
{{ include "library.openbao.mounts" . | trim }}
{{- end -}}

{{- define "library.workload.main.prepare" -}}
{{- end -}}

{{- define "library.workload.main.prepare.mounts" -}}
{{- end -}}

{{- define "library.workload.main.checksums" -}}
{{ include "library.extraEnv.checksums" . | trim }}
{{ include "library.password.checksums" . | trim }}
{{- end -}}

{{- define "library.workload.main.ports" -}}
{{- end -}}

{{- define "library.workload.main.help" -}}
{{- end -}}

{{/* Containers beside it. */}}
{{- define "library.workload.main.sidecars" -}}
{{- end -}}

{{- define "library.service.main.title" -}}
OpenBao
{{- end -}}

{{/* What `helm test` runs, in the service's own image. */}}
{{- define "library.service.main.test" -}}
{{- include "library.openbao.test" . }}
{{- end -}}

{{- define "library.service.main.test.env" -}}
{{- include "library.env" . }}
{{- end -}}

{{/* Objects that hold environment variables. */}}
{{- define "library.service.main.environment" -}}
{{- end -}}

{{/* Secrets that hold configuration files. */}}
{{- define "library.service.main.files" -}}
{{- end -}}
