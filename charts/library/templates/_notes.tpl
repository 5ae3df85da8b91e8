{{/* Languages (BCP 47) of the notes, as JSON, the best first: the user's own, if it is one of the catalog's, and then those. */}}
{{- define "library.spoken" -}}
{{- $languages := include "library.languages" . | fromJsonArray -}}
{{- $user := (.Values.userPreferences).language | default "" | toString -}}
{{- $spoken := list -}}
{{- range $language := list $user (splitList "-" $user | first) -}}
{{- if has $language $languages }}{{ $spoken = append $spoken $language }}{{ end -}}
{{- end -}}
{{- concat $spoken $languages (list "en") | uniq | toJson -}}
{{- end -}}

{{/*
A sentence in the best language. Parameters: context; the sentence in English (`en`), which charts/texts/ has in other languages, or
which stands beside it (`fr`, …); and the values `with` which its `%s` are filled, at most three.
*/}}
{{- define "library.say" -}}
{{- $sentences := include "library.sentences" .context | fromJson -}}
{{- $sentence := "" -}}
{{- range $language := include "library.spoken" .context | fromJsonArray -}}
{{- $sentence = $sentence | default (get (get $sentences $language | default dict) $.en) | default (get $ $language) -}}
{{- end -}}
{{- $with := .with | default list -}}
{{- if eq (len $with) 0 -}}
{{- $sentence -}}
{{- else if eq (len $with) 1 -}}
{{- printf $sentence (index $with 0) -}}
{{- else if eq (len $with) 2 -}}
{{- printf $sentence (index $with 0) (index $with 1) -}}
{{- else -}}
{{- printf $sentence (index $with 0) (index $with 1) (index $with 2) -}}
{{- end -}}
{{- end -}}

{{/* The operator's message. */}}
{{- define "library.notes.message" -}}
{{- $messages := .Values.message | default dict -}}
{{- $language := (.Values.userPreferences).language | default "" | toString -}}
{{- $message := get $messages $language | default (get $messages (splitList "-" $language | first)) -}}
{{- range $language := include "library.spoken" . | fromJsonArray -}}
{{- $message = $message | default (get $messages $language) -}}
{{- end -}}
{{- with $message }}
{{ . }}
{{ end -}}
{{- end -}}

{{/* Where the service is, and its password. Onyxia reads both from here: the first link that is one of the release, and `password: X`. */}}
{{- define "library.notes.access" -}}
{{- $title := include "library.title" . -}}
{{- $url := include "library.url" . -}}
### {{ include "library.say" (dict "context" . "en" "Service access") }}
{{ if .Values.global.suspend }}
- {{ include "library.say" (dict "context" . "en" "%s is suspended; its volume is kept." "with" (list $title)) }}
{{- else if $url }}
- {{ include "library.say" (dict "context" . "en" "You can connect to %s with your browser using [this link](%s)." "with" (list $title $url)) }}
{{- else }}
{{- $forward := printf "kubectl --namespace %s port-forward service/%s 8080:%d" .Release.Namespace (include "library.fullname" .) (int (include "library.port" .)) }}
{{- $local := printf "http://localhost:8080%s/" (include "library.path" .) }}
- {{ include "library.say" (dict "context" . "en" "%s is not exposed. From a terminal: `%s`, then open `%s`." "with" (list $title $forward $local)) }}
{{- end }}
{{- with (.Values.environment).user }}
- {{ include "library.say" (dict "context" $ "en" "Your user name:") }} {{ . }}
{{- end }}
{{ include "library.notes.password" . }}
{{ end -}}

{{- define "library.notes.password" -}}
{{- with include "library.password" . -}}
- {{ include "library.say" (dict "context" $ "en" "Your") }} password: {{ . }}
{{- else -}}
{{- $secret := include "library.password.secret" . -}}
- {{ include "library.say" (dict "context" . "en" "Your password is in the Secret `%s`." "with" (list $secret)) }}
{{- end -}}
{{- end -}}

{{/* The addresses of the user's own ports. */}}
{{- define "library.notes.ports" -}}
{{- $ports := include "library.userPorts" . | fromJsonArray -}}
{{- if and $ports (include "library.url" .) }}
{{ include "library.say" (dict "context" . "en" "Your ports:") }}
{{- range $index, $port := $ports }}{{ if $index }},{{ end }} [port {{ int $port }}]({{ include "library.userUrl" (dict "context" $ "port" $port "ports" $ports) }}){{ end }}.
{{ include "library.say" (dict "context" . "en" "Until something answers there, these addresses return error 502 or 503.") }}
{{ end -}}
{{- end -}}

{{/* What a service with GPUs waits for, and what its image needs of the node. Nothing is asked of the cluster: who may install need not
see nodes. */}}
{{- define "library.notes.gpu" -}}
{{- $count := get ((.Values.resources).limits | default dict) "nvidia.com/gpu" | toString -}}
{{- if and $count (ne $count "0") (ne $count "<nil>") (not .Values.global.suspend) }}
### {{ include "library.say" (dict "context" . "en" "GPU") }}

- {{ include "library.say" (dict "context" . "en" "The service starts on a node with %s free NVIDIA GPU(s) (`nvidia.com/gpu`), which NVIDIA's device plugin announces. Without such a node it stays Pending, and `kubectl --namespace %s describe pod --selector app.kubernetes.io/instance=%s` says “Insufficient nvidia.com/gpu”." "with" (list $count .Release.Namespace .Release.Name)) }}
{{- $image := .Values.service.image.custom.enabled | ternary .Values.service.image.custom.version .Values.service.image.version }}
{{- with get (include "library.gpus" . | fromJson) $image }}
{{- with .driver }}
- {{ include "library.say" (dict "context" $ "en" "The node needs an NVIDIA driver %s or newer; otherwise programs find no GPU, and the service's log says so." "with" (list .)) }}
{{- end }}
{{- with .architectures }}
- {{ include "library.say" (dict "context" $ "en" "The image has code for %s." "with" (list .)) }}
{{- end }}
{{- end }}
{{ end -}}
{{- end -}}

{{/*
How long the chosen image is for use. Whether its end is past is a question for the day on which somebody installs or upgrades: `now`
is that day, on the clock of whoever renders, and the chart stays the same bytes.
*/}}
{{- define "library.notes.lifecycle" -}}
{{- $image := .Values.service.image.custom.enabled | ternary .Values.service.image.custom.version .Values.service.image.version -}}
{{- with get (include "library.lifecycle" . | fromJson) $image -}}
{{- $today := dateInZone "2006-01-02" now "UTC" }}
### Version
{{ if .yanked }}
- {{ include "library.say" (dict "context" $ "en" "The version `%s` was withdrawn: %s." "with" (list $image .yanked)) }}
{{- else if eq .status "preview" }}
- {{ include "library.say" (dict "context" $ "en" "The version `%s` is a preview, which may change or go away." "with" (list $image)) }}
{{- else if and (eq .status "maintenance") (or (not .eol) (lt $today .eol)) }}
- {{ include "library.say" (dict "context" $ "en" "The version `%s` is in maintenance: it gets corrections only." "with" (list $image)) }}
{{- end }}
{{- if and .eol (ge $today .eol) }}
- {{ include "library.say" (dict "context" $ "en" "The version `%s` has been past its end of life since %s: nobody corrects it any more." "with" (list $image .eol)) }}
{{- else if .eol }}
- {{ include "library.say" (dict "context" $ "en" "Its end of life is on %s." "with" (list .eol)) }}
{{- end }}
{{- with .successor }}
- {{ include "library.say" (dict "context" $ "en" "Choose `%s` instead." "with" (list .)) }}
{{- end }}
{{ end -}}
{{- end -}}

{{/* What is lost with the service. */}}
{{- define "library.notes.deletion" -}}
{{- if not (and .Values.persistence.enabled (or .Values.persistence.existingClaim .Values.persistence.keep)) }}
### {{ include "library.say" (dict "context" . "en" "Save") }}
{{ $directory := include "library.directory" . }}
{{ include "library.say" (dict "context" . "en" "The directory `%s` is **deleted with the service**. Keep your code in a Git repository, and your data in an object store." "with" (list $directory)) }}
{{- if not .Values.persistence.enabled }}
{{ include "library.say" (dict "context" . "en" "Without a persistent volume, it is also deleted at every restart.") }}
{{- end }}
{{ end -}}
{{- end -}}

{{/* What was found in the namespace. */}}
{{- define "library.notes.discovery" -}}
{{- with include "library.help" . | trim }}
### {{ include "library.say" (dict "context" $ "en" "Services found") }}

{{ . }}
{{ end -}}
{{- end -}}

{{- define "library.notes" -}}
{{ include "library.notes.message" . }}
{{- include "library.notes.access" . }}
{{- include "library.notes.ports" . }}
{{- include "library.notes.gpu" . }}
{{- include "library.notes.lifecycle" . }}
{{- include "library.notes.deletion" . }}
{{- include "library.notes.discovery" . }}
{{- end -}}

{{/* Where a service is that runs in the release of another one. */}}
{{- define "library.notes.contained" -}}
{{- $title := include "library.title" . }}
{{- $address := printf "`%s.%s:%s`" (include "library.workloadName" .) .Release.Namespace (include "library.port" .) }}
{{ include "library.say" (dict "context" . "en" "%s is part of it, at %s in the cluster." "with" (list $title $address)) }}
{{ include "library.notes.lifecycle" . }}
{{- end -}}

{{/* How to save the data of a service that has the scripts for it. */}}
{{- define "library.notes.backup" -}}
{{- $exec := printf "kubectl exec --namespace %s %s-0" .Release.Namespace (include "library.fullname" .) }}
{{ include "library.say" (dict "context" . "en" "Save the data while the service runs, and restore it:") }}

    {{ $exec }} -- bash /etc/service/backup/save >FILE
    {{ $exec }} --stdin -- bash /etc/service/backup/restore <FILE
{{- end -}}
