{{/* The language of the notes: fr, or en. */}}
{{- define "library.language" -}}
{{- hasPrefix "fr" (.Values.userPreferences.language | default "en") | ternary "fr" "en" -}}
{{- end -}}

{{/* A sentence in the language of the notes. Parameters: context, en and fr. */}}
{{- define "library.say" -}}
{{- eq (include "library.language" .context) "fr" | ternary .fr .en -}}
{{- end -}}

{{/* The operator's message. */}}
{{- define "library.notes.message" -}}
{{- $message := .Values.message | default dict -}}
{{- with get $message (include "library.language" .) | default ($message.en) }}
{{ . }}
{{ end -}}
{{- end -}}

{{/* Where the service is, and its password. Onyxia reads both from here: the first link that is one of the release, and `password: X`. */}}
{{- define "library.notes.access" -}}
{{- $fr := eq (include "library.language" .) "fr" -}}
{{- $title := include "library.title" . -}}
{{- $url := include "library.url" . -}}
### {{ include "library.say" (dict "context" . "fr" "Accès au service" "en" "Service access") }}
{{ if .Values.global.suspend }}
{{- if $fr }}
- {{ $title }} est suspendu ; son volume est conservé.
{{- else }}
- {{ $title }} is suspended; its volume is kept.
{{- end }}
{{- else if $url }}
{{- if $fr }}
- Vous pouvez vous connecter à {{ $title }} depuis votre navigateur avec [ce lien]({{ $url }}).
{{- else }}
- You can connect to {{ $title }} with your browser using [this link]({{ $url }}).
{{- end }}
{{- else }}
{{- $forward := printf "kubectl --namespace %s port-forward service/%s 8080:%d" .Release.Namespace (include "library.fullname" .) (int .Values.networking.service.port) }}
{{- if $fr }}
- {{ $title }} n'est pas exposé. Depuis un terminal : `{{ $forward }}`, puis ouvrez `http://localhost:8080{{ include "library.path" . }}/`.
{{- else }}
- {{ $title }} is not exposed. From a terminal: `{{ $forward }}`, then open `http://localhost:8080{{ include "library.path" . }}/`.
{{- end }}
{{- end }}
{{- with (.Values.environment).user }}
{{- if $fr }}
- Votre nom d'utilisateur : {{ . }}
{{- else }}
- Your user name: {{ . }}
{{- end }}
{{- end }}
{{ include "library.notes.password" . }}
{{ end -}}

{{- define "library.notes.password" -}}
{{- $fr := eq (include "library.language" .) "fr" -}}
{{- with include "library.password" . -}}
- {{ $fr | ternary "Votre" "Your" }} password: {{ . }}
{{- else -}}
{{- if $fr -}}
- Votre mot de passe est dans le Secret `{{ .Values.security.existingSecret }}`.
{{- else -}}
- Your password is in the Secret `{{ .Values.security.existingSecret }}`.
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Where what the user runs is. */}}
{{- define "library.notes.ports" -}}
{{- $ports := include "library.userPorts" . | fromJsonArray -}}
{{- if and $ports (include "library.url" .) }}
{{ include "library.say" (dict "context" . "fr" "Vos ports :" "en" "Your ports:") }}
{{- range $index, $port := $ports }}{{ if $index }},{{ end }} [port {{ int $port }}]({{ include "library.userUrl" (dict "context" $ "port" $port "ports" $ports) }}){{ end }}.
{{ include "library.say" (dict "context" . "fr" "Tant que rien n'y répond, ces adresses donnent une erreur 502 ou 503." "en" "Until something answers there, these addresses give an error 502 or 503.") }}
{{ end -}}
{{- end -}}

{{/* What is lost with the service. */}}
{{- define "library.notes.deletion" -}}
{{- if not (and .Values.persistence.enabled .Values.persistence.existingClaim) }}
### {{ include "library.say" (dict "context" . "fr" "Sauvegarde" "en" "Save") }}
{{ if eq (include "library.language" .) "fr" }}
Le répertoire `{{ include "library.directory" . }}` est **effacé avec le service**. Gardez votre code dans un dépôt Git, et vos données dans un stockage objet.
{{- else }}
The directory `{{ include "library.directory" . }}` is **deleted with the service**. Keep your code in a Git repository, and your data in an object store.
{{- end }}
{{- if not .Values.persistence.enabled }}
{{ include "library.say" (dict "context" . "fr" "Sans volume persistant, il l'est aussi à chaque redémarrage." "en" "Without a persistent volume, it is so at every restart too.") }}
{{- end }}
{{ end -}}
{{- end -}}

{{/* What was found in the namespace. */}}
{{- define "library.notes.discovery" -}}
{{- with include "library.help" . | trim }}
### {{ include "library.say" (dict "context" $ "fr" "Services trouvés" "en" "Services found") }}

{{ . }}
{{ end -}}
{{- end -}}

{{- define "library.notes" -}}
{{ include "library.notes.message" . }}
{{- include "library.notes.access" . }}
{{- include "library.notes.ports" . }}
{{- include "library.notes.deletion" . }}
{{- include "library.notes.discovery" . }}
{{- end -}}
