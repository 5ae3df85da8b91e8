{{/* Security context of the pod: what the restricted Pod Security Standard asks for, unless sudo is allowed; the values have the last word. */}}
{{- define "library.podSecurityContext" -}}
{{- $context := dict "fsGroupChangePolicy" "OnRootMismatch" -}}
{{- if not .Values.security.sudo -}}
{{- $context = merge $context (dict "runAsNonRoot" true "runAsUser" 1000 "runAsGroup" 100 "seccompProfile" (dict "type" "RuntimeDefault")) -}}
{{- end -}}
{{- include "library.pod.changed" (dict "context" $context "values" .Values.podSecurityContext) -}}
{{- end -}}

{{/* Security context of each container, likewise. */}}
{{- define "library.securityContext" -}}
{{- $context := dict -}}
{{- if not .Values.security.sudo -}}
{{- $context = dict "allowPrivilegeEscalation" false "capabilities" (dict "drop" (list "ALL")) -}}
{{- end -}}
{{- include "library.pod.changed" (dict "context" $context "values" .Values.securityContext) -}}
{{- end -}}

{{/* A security context with the values over it; what is null there is left to the cluster. Parameters: context and values. */}}
{{- define "library.pod.changed" -}}
{{- include "library.pod.over" (dict "into" .context "values" .values) -}}
{{- toYaml .context -}}
{{- end -}}

{{- define "library.pod.over" -}}
{{- $into := .into -}}
{{- range $name, $value := .values -}}
{{- if kindIs "invalid" $value -}}
{{- $_ := unset $into $name -}}
{{- else if and (kindIs "map" $value) (kindIs "map" (index $into $name)) -}}
{{- include "library.pod.over" (dict "into" (index $into $name) "values" $value) -}}
{{- else -}}
{{- $_ := set $into $name $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Annotations of the pod, among them what makes it restart when a Secret or a file of it changes; the values have the last word. */}}
{{- define "library.podAnnotations" -}}
{{- $checksums := printf "%s\n%s" (include "library.environment.checksums" . | trim) (include "library.checksums" . | trim) | fromYaml -}}
{{- toJson (mergeOverwrite $checksums (deepCopy (.Values.podAnnotations | default dict))) -}}
{{- end -}}

{{/* The directory that outlives the pod. */}}
{{- define "library.directory" -}}
{{- include "library.volume.path" . -}}
{{- end -}}

{{/* /dev/shm, which is 64 MiB unless it is mounted. */}}
{{- define "library.sharedMemory.volumes" -}}
- name: dshm
  emptyDir:
    medium: Memory
    sizeLimit: {{ .Values.sharedMemory.sizeLimit | quote }}
{{- end -}}
{{- define "library.sharedMemory.mounts" -}}
- name: dshm
  mountPath: /dev/shm
{{- end -}}

{{/* The path below which the service is served, without a slash at its end; empty for the root. */}}
{{- define "library.path" -}}
{{- $path := "/" -}}
{{- if (.Values.ingress).enabled -}}
{{- $path = .Values.ingress.path -}}
{{- else if (.Values.httproute).enabled -}}
{{- $path = .Values.httproute.path -}}
{{- else if (.Values.istio).enabled -}}
{{- $path = .Values.istio.path -}}
{{- end -}}
{{- trimSuffix "/" $path -}}
{{- end -}}

{{/* Ports that the user asks for, without the service's own and without repetition, as a JSON list. */}}
{{- define "library.userPorts" -}}
{{- $ports := list -}}
{{- $further := .Further -}}
{{- with (.Values.networking).user -}}
{{- if and .enabled (not $further) -}}
{{- range .ports | default (list .port) -}}
{{- if gt (int .) 65535 -}}
{{- fail (printf "networking.user.port: %d is no port: the highest is 65535" (int .)) -}}
{{- end -}}
{{- $ports = append $ports (int .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- without (uniq $ports) (int (include "library.port" .)) | toJson -}}
{{- end -}}

{{/* How Kubernetes asks whether the service is well. Parameter: the context, and the timings as `timings`. */}}
{{- define "library.probes" -}}
{{- if include "library.probe" . | trim }}
livenessProbe:
  {{- include "library.probe" . | nindent 2 }}
  timeoutSeconds: 2
  failureThreshold: 6
readinessProbe:
  {{- include "library.probe" . | nindent 2 }}
  timeoutSeconds: 2
startupProbe:
  {{- include "library.probe" . | nindent 2 }}
  {{- with pick .Values.startupProbe "failureThreshold" "initialDelaySeconds" "periodSeconds" "successThreshold" "timeoutSeconds" "terminationGracePeriodSeconds" }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/*
What stands between the start script and the command: files that were prepared for the home directory are copied there. Only
the start script knows which directory that is, so it comes first. A file that its scripts have just written is theirs.
*/}}
{{- define "library.start" -}}
{{- if contains "/run/service/home" (include "library.prepare" .) }}
- /bin/sh
- -c
- |
  (
    umask 077
    cd /run/service/home && find . -type f | while read -r file; do
      to="${HOME:-/root}/$file"
      if [ "$to" -nt "$file" ]; then continue; fi
      mkdir -p "${to%/*}" && cp "$file" "$to" && chmod 600 "$to" || echo "$to cannot be written: the service starts without it" >&2
    done
  )
  exec "$0" "$@"
{{- end }}
{{- end -}}

{{/* The folder in which the service opens: the work directory, or the clone in it. */}}
{{- define "library.folder" -}}
{{- $folder := include "library.directory" . -}}
{{- with .Values.git -}}
{{- if and .enabled .asCodeServerRoot .repository -}}
{{- $folder = printf "%s/%s" $folder (.repository | trimSuffix "/" | base | trimSuffix ".git") -}}
{{- end -}}
{{- end -}}
{{- $folder -}}
{{- end -}}

{{/* The container that prepares files before the service starts; nothing when there are none. */}}
{{- define "library.initContainers" -}}
{{- with include "library.prepare" . | trim }}
- name: prepare-files
  image: {{ $.Values.service.initContainer.image | default (include "library.image" $) | quote }}
  imagePullPolicy: {{ $.Values.service.initContainer.pullPolicy }}
  command: [/bin/sh, -euc]
  args:
    - |
      umask 022
      {{- . | nindent 6 }}
      chmod -R a+rX /run/service/* || true
  volumeMounts:
    - name: prepared
      mountPath: /run/service
    {{- include "library.prepare.mounts" $ | nindent 4 }}
  resources:
    {{- include "library.resources.prepare" $.Values.service.initContainer.resources | nindent 4 }}
  securityContext:
    {{- include "library.securityContext.readOnly" $ | nindent 4 }}
{{- end }}
{{- end -}}
