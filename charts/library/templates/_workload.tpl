{{- define "library.objects.workload" -}}
{{- $kind := include "library.kind" . -}}
{{- $name := include "library.workloadName" . -}}
{{- $volume := include "library.volume.kind" . -}}
{{- $prepare := include "library.prepare" . | trim -}}
{{- if not (and (eq $kind "Job") .Values.global.suspend) }}
apiVersion: {{ eq $kind "Job" | ternary "batch/v1" "apps/v1" }}
kind: {{ $kind }}
{{- /* A Job cannot be changed: each upgrade has its own. */}}
{{ include "library.metadata" (dict "context" . "object" (eq $kind "Job" | ternary (printf "%s-%d" $name (int .Release.Revision)) $name)) }}
spec:
  {{- if ne $kind "Job" }}
  replicas: {{ .Values.global.suspend | ternary 0 (int .Values.replicaCount) }}
  selector:
    matchLabels:
      {{- include "library.selectorLabels" . | nindent 6 }}
  {{- end }}
  {{- if eq $kind "StatefulSet" }}
  serviceName: {{ $name | quote }}
  {{- end }}
  {{- if and (eq $kind "Deployment") (has $volume (list "one" "existing")) }}
  # Two pods cannot hold one volume, so the old one leaves before the new one comes.
  strategy:
    type: Recreate
  {{- end }}
  {{- if and (eq $kind "StatefulSet") (eq $volume "each") }}
  # As a volume that all pods share, it goes with the service, and stays while that is suspended.
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: {{ default false .Values.persistence.keep | ternary "Retain" "Delete" }}
    whenScaled: Retain
  volumeClaimTemplates:
    - metadata:
        name: home
      spec:
        {{- include "library.volume.spec" . | nindent 8 }}
  {{- end }}
  template:
    metadata:
      {{- with include "library.podAnnotations" . | fromJson }}
      annotations:
        {{- range $name, $value := . }}
        {{ $name | quote }}: {{ $value | quote }}
        {{- end }}
      {{- end }}
      labels:
        {{- /* Labels of the pod alone take the place of those of all objects. */}}
        {{- range $name, $value := omit (merge dict (.Values.podLabels | default dict) (.Values.commonLabels | default dict)) "helm.sh/chart" "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component" "app.kubernetes.io/managed-by" }}
        {{ $name | quote }}: {{ $value | quote }}
        {{- end }}
        {{- include "library.selectorLabels" . | nindent 8 }}
        {{- with include "library.component" . }}
        app.kubernetes.io/component: {{ . | quote }}
        {{- end }}
    spec:
      {{- if eq $kind "Job" }}
      restartPolicy: OnFailure
      {{- end }}
      serviceAccountName: {{ include "library.serviceAccountName" . | quote }}
      automountServiceAccountToken: {{ include "library.usesToken" . | empty | not }}
      terminationGracePeriodSeconds: {{ int .Values.terminationGracePeriodSeconds }}
      securityContext:
        {{- include "library.podSecurityContext" . | nindent 8 }}
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.runtimeClassName }}
      runtimeClassName: {{ . | quote }}
      {{- end }}
      {{- with .Values.priorityClassName }}
      priorityClassName: {{ . | quote }}
      {{- end }}
      {{- with include "library.initContainers" . | trim }}
      initContainers:
        {{- . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .Key | default .Chart.Name }}
          image: {{ include "library.image" . | quote }}
          imagePullPolicy: {{ .Values.service.image.pullPolicy }}
          command:
            {{- with (.Values.init).standardInitPath }}
            - {{ . | quote }}
            {{- end }}
            {{- with include "library.start" . | trim }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- include "library.command" . | trim | nindent 12 }}
          {{- $port := include "library.port" . }}
          {{- $further := include "library.namedPorts" . | fromJson }}
          {{- if or $port $further }}
          ports:
            {{- if $port }}
            - name: {{ include "library.protocol" . }}
              containerPort: {{ int $port }}
              protocol: TCP
            {{- end }}
            {{- range $name, $number := $further }}
            - name: {{ $name }}
              containerPort: {{ int $number }}
              protocol: TCP
            {{- end }}
          {{- end }}
          env:
            {{- include "library.container.env" . | nindent 12 }}
          {{- with include "library.environment.from" . | trim }}
          envFrom:
            {{- . | nindent 12 }}
          {{- end }}
          {{- include "library.probes" . | nindent 10 }}
          resources:
            {{- include "library.resources" . | nindent 12 }}
          securityContext:
            {{- include "library.securityContext.service" . | nindent 12 }}
          volumeMounts:
            {{- with include "library.volume.mounts" . | trim }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- if $prepare }}
            - name: prepared
              mountPath: /run/service
            {{- end }}
            {{- with include "library.mounts" . | trim }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- with .Values.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
        {{- with include "library.sidecars" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
      volumes:
        {{- if has $volume (list "one" "existing") }}
        - name: home
          persistentVolumeClaim:
            claimName: {{ .Values.persistence.existingClaim | default $name | quote }}
        {{- else if eq $volume "directory" }}
        - name: home
          emptyDir:
            sizeLimit: {{ .Values.persistence.size | quote }}
        {{- end }}
        {{- if $prepare }}
        - name: prepared
          emptyDir:
            sizeLimit: 64Mi
        {{- end }}
        {{- with include "library.volumes" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with .Values.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.topologySpreadConstraints }}
      topologySpreadConstraints:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}
{{- end -}}
