{{/*
Each workload of a chart is rendered with a context of its own: that of the chart for the first one, and for others one whose
`.Values` are those under the workload's name, with the sections around them that it sees. `.Workload` is its name, `.Service`
that of the service to which it belongs.

Parameters: context (what is around it), into (an empty dict to fill, so that values are shared and not copied),
key (where its own values are), workload, service, and shared (names of sections).
*/}}
{{- define "library.scope" -}}
{{- $into := .into -}}
{{- $context := .context -}}
{{- range $name := list "Release" "Chart" "Capabilities" "Files" "Template" -}}
{{- $_ := set $into $name (get $context $name) -}}
{{- end -}}
{{- $values := dict -}}
{{- range $name := .shared -}}
{{- if hasKey $context.Values $name -}}
{{- $_ := set $values $name (get $context.Values $name) -}}
{{- end -}}
{{- end -}}
{{- range $name, $value := get $context.Values .key | default dict -}}
{{- $_ := set $values $name $value -}}
{{- end -}}
{{- $_ := set $into "Values" $values -}}
{{- $_ := set $into "Workload" .workload -}}
{{- $_ := set $into "Service" .service -}}
{{- $_ := set $into "Key" .key -}}
{{- $_ := set $into "Further" (ne .workload .service) -}}
{{- $_ := set $into "Root" ($context.Root | default $context) -}}
{{- if eq .workload .service -}}
{{- $_ := set $into "Outer" $context -}}
{{- $_ := set $into "ServiceKey" .key -}}
{{- else -}}
{{- $_ := set $into "Outer" (get $context "Outer") -}}
{{- $_ := set $into "ServiceKey" (get $context "ServiceKey") -}}
{{- end -}}
{{- end -}}

{{/*
A named template as another workload of the release renders it, such as its address. Parameters: context, template, and
workload, as the service that asks names it: `main` for its first one, `worker`, `database`.
*/}}
{{- define "library.within" -}}
{{- $service := .context.Service | default "main" -}}
{{- $workload := .workload -}}
{{- if eq $workload "main" -}}
{{- $workload = $service -}}
{{- else if ne $service "main" -}}
{{- $workload = printf "%s.%s" $service $workload -}}
{{- end -}}
{{- $scope := .context.Root | default .context -}}
{{- if ne $workload "main" -}}
{{- $root := $scope -}}
{{- $scope = dict -}}
{{- include (printf "library.workload.%s.scope" $workload) (dict "context" $root "into" $scope) -}}
{{- end -}}
{{- include .template $scope -}}
{{- end -}}

{{/* `name:port` of another workload. Parameters: context and workload. */}}
{{- define "library.address" -}}
{{- printf "%s:%s" (include "library.within" (dict "context" .context "workload" .workload "template" "library.workloadName")) (include "library.within" (dict "context" .context "workload" .workload "template" "library.port")) -}}
{{- end -}}

{{/* What the chart's own templates say of the workload. */}}
{{- define "library.kind" -}}{{ include (printf "library.workload.%s.kind" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.component" -}}{{ include (printf "library.workload.%s.component" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.protocol" -}}{{ include (printf "library.workload.%s.protocol" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.port" -}}{{ include (printf "library.workload.%s.port" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.namedPorts" -}}{{ include (printf "library.workload.%s.namedPorts" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.volume.path" -}}{{ include (printf "library.workload.%s.volume.path" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.volume.subPath" -}}{{ include (printf "library.workload.%s.volume.subPath" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.volume.each" -}}{{ include (printf "library.workload.%s.volume.each" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.command" -}}{{ include (printf "library.workload.%s.command" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.probe" -}}{{ include (printf "library.workload.%s.probe" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.env" -}}{{ include (printf "library.workload.%s.env" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.volumes" -}}{{ include (printf "library.workload.%s.volumes" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.mounts" -}}{{ include (printf "library.workload.%s.mounts" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.prepare" -}}{{ include (printf "library.workload.%s.prepare" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.prepare.mounts" -}}{{ include (printf "library.workload.%s.prepare.mounts" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.checksums" -}}{{ include (printf "library.workload.%s.checksums" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.ports" -}}{{ include (printf "library.workload.%s.ports" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.help" -}}{{ include (printf "library.workload.%s.help" (.Workload | default "main")) . }}{{- end -}}
{{- define "library.sidecars" -}}{{ include (printf "library.workload.%s.sidecars" (.Workload | default "main")) . }}{{- end -}}

{{/* What they say of the service to which it belongs. */}}
{{- define "library.title" -}}{{ include (printf "library.service.%s.title" (.Service | default "main")) . }}{{- end -}}
{{- define "library.test" -}}{{ include (printf "library.service.%s.test" (.Service | default "main")) . }}{{- end -}}
{{- define "library.test.env" -}}{{ include (printf "library.service.%s.test.env" (.Service | default "main")) . }}{{- end -}}
{{- define "library.environment" -}}{{ include (printf "library.service.%s.environment" (.Service | default "main")) . }}{{- end -}}
{{- define "library.files" -}}{{ include (printf "library.service.%s.files" (.Service | default "main")) . }}{{- end -}}
