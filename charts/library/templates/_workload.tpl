{{- define "library.objects.workload" -}}
{{- $prepare := include "library.prepare" . | trim -}}
apiVersion: apps/v1
kind: StatefulSet
{{ include "library.metadata" (dict "context" .) }}
spec:
  replicas: {{ .Values.global.suspend | ternary 0 (int .Values.replicaCount) }}
  serviceName: {{ include "library.fullname" . | quote }}
  selector:
    matchLabels:
      {{- include "library.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      {{- with include "library.podAnnotations" . | fromJson }}
      annotations:
        {{- range $name, $value := . }}
        {{ $name | quote }}: {{ $value | quote }}
        {{- end }}
      {{- end }}
      labels:
        {{- range $name, $value := omit (.Values.podLabels | default dict) "app.kubernetes.io/name" "app.kubernetes.io/instance" }}
        {{ $name | quote }}: {{ $value | quote }}
        {{- end }}
        {{- include "library.selectorLabels" . | nindent 8 }}
    spec:
      serviceAccountName: {{ include "library.serviceAccountName" . | quote }}
      automountServiceAccountToken: {{ default false (.Values.kubernetes).enabled }}
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
        - name: {{ .Chart.Name }}
          image: {{ include "library.image" . | quote }}
          imagePullPolicy: {{ .Values.service.image.pullPolicy }}
          command:
            {{- with include "library.start" . | trim }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- with (.Values.init).standardInitPath }}
            - {{ . | quote }}
            {{- end }}
            {{- include "library.command" . | trim | nindent 12 }}
          ports:
            - name: {{ include "library.protocol" . }}
              containerPort: {{ int .Values.networking.service.port }}
              protocol: TCP
          env:
            {{- include "library.env" . | trim | nindent 12 }}
          {{- with include "library.environment.from" . | trim }}
          envFrom:
            {{- . | nindent 12 }}
          {{- end }}
          {{- include "library.probes" . | nindent 10 }}
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
          securityContext:
            {{- include "library.securityContext" . | nindent 12 }}
          volumeMounts:
            - name: home
              mountPath: {{ include "library.volume.path" . | quote }}
              subPath: {{ include "library.volume.subPath" . | quote }}
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
      volumes:
        - name: home
          {{- if .Values.persistence.enabled }}
          persistentVolumeClaim:
            claimName: {{ .Values.persistence.existingClaim | default (include "library.fullname" .) | quote }}
          {{- else }}
          emptyDir: {}
          {{- end }}
        {{- if $prepare }}
        - name: prepared
          emptyDir: {}
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
{{- end -}}
