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

{{/* What values.yaml says, each default as a list of one item. */}}
{{- define "library.defaults" -}}
{"service": {"image": {"pullPolicy": ["IfNotPresent"], "version": ["localhost:5000/catalog/postgresql:17"], "pinDigest": [true], "custom": {"enabled": [false], "version": ["localhost:5000/catalog/postgresql:17"]}}, "initContainer": {"image": [""], "pullPolicy": ["IfNotPresent"], "resources": {"limits": [{"cpu": "50m", "memory": "50Mi"}], "requests": [{}]}}}, "resources": {"requests": {"cpu": [""], "memory": [""]}, "limits": {"cpu": [""], "memory": [""]}}, "persistence": {"enabled": [true], "accessMode": ["ReadWriteOnce"], "size": ["10Gi"], "storageClass": [""], "existingClaim": [""], "keep": [false], "annotations": [{}]}, "extraEnvVars": [[]], "networking": {"type": ["ClusterIP"], "clusterIP": ["None"], "service": {"port": [5432]}}, "security": {"networkPolicy": {"enabled": [false], "from": [[]], "egress": [[]]}, "sudo": [false], "readOnlyRoot": [false]}, "nodeSelector": [{}], "openshiftSCC": {"enabled": [false], "scc": [""]}, "startupProbe": {"failureThreshold": [60], "initialDelaySeconds": [10], "periodSeconds": [10], "successThreshold": [1], "timeoutSeconds": [2]}, "tolerations": [[]], "userPreferences": {"darkMode": [false], "language": ["en"]}, "global": {"suspend": [false]}, "message": {"fr": [""], "en": [""]}, "runtimeClassName": [""], "affinity": [{}], "topologySpreadConstraints": [[]], "priorityClassName": [""], "replicaCount": [1], "podDisruptionBudget": {"enabled": [false], "minAvailable": ["100%"], "maxUnavailable": [""]}, "commonLabels": [{}], "imagePullSecrets": [[]], "nameOverride": [""], "fullnameOverride": [""], "serviceAccount": {"create": [true], "annotations": [{}], "name": [""]}, "podAnnotations": [{}], "podLabels": [{}], "podSecurityContext": [{"fsGroup": 100}], "securityContext": [{}], "terminationGracePeriodSeconds": [60], "extraVolumes": [[]], "extraVolumeMounts": [[]], "postgresql": {"auth": {"username": ["admin"], "password": [""], "postgresPassword": [""], "existingSecret": [""], "database": ["defaultdb"]}}, "discovery": {"enabled": [true]}}
{{- end -}}

{{- define "library.workload.main.kind" -}}
StatefulSet
{{- end -}}

{{- define "library.workload.main.component" -}}

{{- end -}}

{{- define "library.workload.main.protocol" -}}
postgresql
{{- end -}}

{{- define "library.workload.main.port" -}}
{{- int .Values.networking.service.port }}
{{- end -}}

{{/* Further ports: name -> number. */}}
{{- define "library.workload.main.namedPorts" -}}
{}
{{- end -}}

{{- define "library.workload.main.volume.path" -}}
/var/lib/postgresql
{{- end -}}

{{- define "library.workload.main.volume.subPath" -}}
data
{{- end -}}

{{- define "library.workload.main.volume.each" -}}

{{- end -}}

{{- define "library.workload.main.image" -}}

{{- end -}}

{{- define "library.workload.main.command" -}}
- /bin/bash
- /etc/service/start/start.sh
{{- end -}}

{{- define "library.workload.main.probe" -}}
exec:
  command: ["/bin/bash", "/etc/service/start/ready.sh"]
{{- end -}}

{{/* Variables of the container itself; those that options ask for come from `library.environment`. */}}
{{- define "library.workload.main.env" -}}
- name: PGDATA
  value: /var/lib/postgresql/main
- name: PGPORT
  value: {{ .Values.networking.service.port | quote }}
- name: POSTGRES_USER
  value: {{ .Values.postgresql.auth.username | quote }}
- name: POSTGRES_DB
  value: {{ .Values.postgresql.auth.database | quote }}
{{- end -}}

{{- define "library.workload.main.volumes" -}}
{{ include "library.readOnly.volumes" . | trim }}
{{ include "library.postgresql.volumes" . | trim }}
{{- end -}}

{{- define "library.workload.main.mounts" -}}
{{ include "library.readOnly.mounts" . | trim }}
{{ include "library.postgresql.mounts" . | trim }}
{{- end -}}

{{- define "library.workload.main.prepare" -}}
{{- end -}}

{{- define "library.workload.main.prepare.mounts" -}}
{{- end -}}

{{- define "library.workload.main.checksums" -}}
{{ include "library.extraEnv.checksums" . | trim }}
{{ include "library.postgresql.checksums" . | trim }}
{{- end -}}

{{- define "library.workload.main.ports" -}}
{{- end -}}

{{- define "library.workload.main.help" -}}
{{- end -}}

{{/* Containers beside it. */}}
{{- define "library.workload.main.sidecars" -}}
{{- end -}}

{{- define "library.service.main.title" -}}
PostgreSQL
{{- end -}}

{{/* What `helm test` runs, in the service's own image. */}}
{{- define "library.service.main.test" -}}
{{- include "library.postgresql.test" . }}
{{- end -}}

{{- define "library.service.main.test.env" -}}
{{- include "library.env" . }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "library.postgresql.secret" . | quote }}
      key: password
{{- end -}}

{{/* Objects that hold environment variables. */}}
{{- define "library.service.main.environment" -}}
{{- end -}}

{{/* Secrets that hold configuration files. */}}
{{- define "library.service.main.files" -}}
{{- end -}}
