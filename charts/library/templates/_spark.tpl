{{/* Java options of Spark's driver and executors: certificates, and hosts reached without the proxy. */}}
{{- define "library.spark.javaOptions" -}}
{{- printf "-Dcom.amazonaws.sdk.disableCertChecking=%t" (.Values.spark.disabledCertChecking | default false) -}}
{{- with .Values.proxy -}}
{{- if .enabled -}}
{{- $hosts := list -}}
{{- range splitList "," (.noProxy | default "localhost") -}}
{{- $hosts = append $hosts (hasPrefix "." (trim .) | ternary (printf "*%s" (trim .)) (trim .)) -}}
{{- end -}}
{{- printf " -Dhttp.nonProxyHosts=%s -Dhttps.nonProxyHosts=%s" (join "|" $hosts) (join "|" $hosts) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Values written for other charts call these by their names there. */}}
{{- define "library-chart.fullname" -}}{{ include "library.fullname" . }}{{- end -}}
{{- define "library-chart.image" -}}{{ include "library.image" . }}{{- end -}}
{{- define "library-chart.sparkExtraJavaOptions" -}}{{ include "library.spark.javaOptions" . }}{{- end -}}

{{/*
The pods that Spark makes, as a file that it completes: they may do what the service may, run where it runs, and trust what it
trusts. Parameters: context, and token, which a driver needs.
*/}}
{{- define "library.spark.pod" -}}
{{- $prepare := include "library.certificates.prepare" .context | trim -}}
apiVersion: v1
kind: Pod
spec:
  automountServiceAccountToken: {{ .token }}
  securityContext:
    {{- include "library.podSecurityContext" .context | nindent 4 }}
  {{- with .context.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .context.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .context.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $prepare }}
  initContainers:
    - name: prepare-files
      image: {{ $.context.Values.service.initContainer.image | default (include "library.image" $.context) | quote }}
      command: [/bin/sh, -euc]
      args:
        - |
          umask 022
          {{- . | nindent 10 }}
      volumeMounts:
        - name: prepared
          mountPath: /run/service
        {{- include "library.certificates.prepareMounts" $.context | trim | nindent 8 }}
      resources:
        {{- include "library.resources.prepare" $.context.Values.service.initContainer.resources | nindent 8 }}
      securityContext:
        {{- include "library.securityContext" $.context | nindent 8 }}
  {{- end }}
  containers:
    - name: spark
      securityContext:
        {{- include "library.securityContext" .context | nindent 8 }}
      {{- if $prepare }}
      env:
        {{- include "library.certificates.env" .context | trim | nindent 8 }}
      volumeMounts:
        - name: prepared
          mountPath: /run/service
        {{- include "library.certificates.mounts" .context | trim | nindent 8 }}
  volumes:
    - name: prepared
      emptyDir:
        sizeLimit: 64Mi
    {{- include "library.certificates.volumes" .context | trim | nindent 4 }}
      {{- end }}
{{- end -}}

{{/* What Spark needs to run pods, and nothing more. */}}
{{- define "library.objects.role-spark" -}}
{{- if .Values.kubernetes.enabled }}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
{{ include "library.metadata" (dict "context" . "name" "-spark") }}
rules:
  - apiGroups: [""]
    # Executors; and of a driver that runs as a pod of its own, its address, its files and its volumes
    resources: [pods, services, configmaps, persistentvolumeclaims]
    verbs: [create, get, list, watch, patch, delete, deletecollection]
  - apiGroups: [""]
    resources: [pods/log]
    verbs: [get]
{{- end }}
{{- end -}}

{{- define "library.objects.rolebinding-spark" -}}
{{- if .Values.kubernetes.enabled }}
{{- $role := printf "%s-spark" (include "library.fullname" .) }}
{{ include "library.rolebinding" (dict "context" . "name" "-spark" "kind" "Role" "role" $role) }}
{{- end }}
{{- end -}}

{{- define "library.spark.files" -}}
{{- if .Values.spark.default }}
/usr/local/lib/spark/conf/driver.yaml: |
  {{- include "library.spark.pod" (dict "context" . "token" true) | nindent 2 }}
/usr/local/lib/spark/conf/executor.yaml: |
  {{- include "library.spark.pod" (dict "context" . "token" false) | nindent 2 }}
/usr/local/lib/spark/conf/spark-defaults.conf: |
  {{- range $key, $value := .Values.spark.config }}
  {{ $key }} {{ tpl (toString $value) $ }}
  {{- end }}
  {{- range $key, $value := .Values.spark.userConfig }}
  {{ $key }} {{ tpl (toString $value) $ }}
  {{- end }}
  {{- if (.Values.repository).mavenRepository }}
  spark.jars.ivySettings /usr/local/lib/spark/conf/ivysettings.xml
  {{- end }}
{{- with (.Values.repository).mavenRepository }}
/usr/local/lib/spark/conf/ivysettings.xml: |
  <ivysettings>
    <settings defaultResolver="mirror"/>
    <resolvers>
      <ibiblio name="mirror" m2compatible="true" root="{{ . | html }}"/>
    </resolvers>
  </ivysettings>
{{- end }}
{{- end }}
{{- end -}}

{{- define "library.spark.coresite" -}}
{{- if (.Values.s3).enabled }}
{{- $properties := dict
      "fs.s3a.endpoint" .Values.s3.endpoint
      "fs.s3a.connection.ssl.enabled" (hasPrefix "http://" .Values.s3.endpoint | ternary "false" "true")
      "fs.s3a.path.style.access" (.Values.s3.pathStyleAccess | toString)
      "fs.s3a.access.key" .Values.s3.accessKeyId
      "fs.s3a.secret.key" .Values.s3.secretAccessKey
      "fs.s3a.session.token" .Values.s3.sessionToken
      "fs.s3a.aws.credentials.provider" (printf "org.apache.hadoop.fs.s3a.%sAWSCredentialsProvider" (.Values.s3.sessionToken | empty | ternary "Simple" "Temporary")) }}
/usr/local/lib/hadoop/etc/hadoop/core-site.xml: |
  <?xml version="1.0"?>
  <configuration>
    {{- range $name, $value := $properties }}
    {{- if $value }}
    <property>
      <name>{{ $name }}</name>
      <value>{{ $value | html }}</value>
    </property>
    {{- end }}
    {{- end }}
  </configuration>
{{- end }}
{{- end -}}

{{/* Driver and executors find each other through the headless Service. */}}
{{- define "library.spark.ports" -}}
{{- if .Values.spark.ui }}
- name: http-sparkui
  port: {{ int .Values.networking.sparkui.port }}
  targetPort: {{ int .Values.networking.sparkui.port }}
  protocol: TCP
{{- end }}
{{- end -}}

{{/* Host name of Spark's interface: that of the service with -spark, unless there is one of its own. */}}
{{- define "library.spark.host" -}}
{{- $own := .context.Values.spark.hostname -}}
{{- $own | default (regexReplaceAll "^([^.]+)" .host "${1}-spark") -}}
{{- end -}}

{{- define "library.spark.help" -}}
{{- if and .Values.spark.ui (.Values.ingress).enabled }}
- Spark: [{{ include "library.say" (dict "context" . "en" "interface of the driver") }}]({{ .Values.ingress.tls | ternary "https" "http" }}://{{ include "library.spark.host" (dict "context" . "host" .Values.ingress.hostname) }}{{ .Values.spark.path }})
{{- end }}
{{- end -}}

{{- define "library.objects.ingress-sparkui" -}}
{{- if and .Values.ingress.enabled .Values.spark.ui (not .Values.global.suspend) }}
{{- $host := include "library.spark.host" (dict "context" . "host" .Values.ingress.hostname) }}
{{ include "library.ingress" (dict "context" . "name" "-sparkui" "path" .Values.spark.path "rules" (list (dict "host" $host "port" .Values.networking.sparkui.port))) }}
{{- end }}
{{- end -}}

{{- define "library.objects.route-sparkui" -}}
{{- if and .Values.route.enabled .Values.spark.ui (not .Values.global.suspend) }}
{{- $host := include "library.spark.host" (dict "context" . "host" .Values.route.hostname) }}
{{ include "library.route" (dict "context" . "name" "-sparkui" "host" $host "port" .Values.networking.sparkui.port) }}
{{- end }}
{{- end -}}

{{- define "library.objects.httproute-sparkui" -}}
{{- if and .Values.httproute.enabled .Values.spark.ui (not .Values.global.suspend) }}
{{- $host := include "library.spark.host" (dict "context" . "host" .Values.httproute.hostname) }}
{{ include "library.httproute" (dict "context" . "name" "-sparkui" "path" .Values.spark.path "host" $host "port" .Values.networking.sparkui.port) }}
{{- end }}
{{- end -}}
