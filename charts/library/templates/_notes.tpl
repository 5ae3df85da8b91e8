{{/*
A sentence in the user's language. Parameters: context, and the sentence by language (BCP 47); without the user's own, that of
its first part (`fr` for `fr-CA`), and then English is taken.
*/}}
{{- define "library.say" -}}
{{- $language := (.context.Values.userPreferences).language | default "en" -}}
{{- $sentences := omit . "context" -}}
{{- get $sentences $language | default (get $sentences (splitList "-" $language | first)) | default (get $sentences "en") -}}
{{- end -}}

{{/* The operator's message. */}}
{{- define "library.notes.message" -}}
{{- with include "library.say" (merge (dict "context" .) (.Values.message | default dict)) }}
{{ . }}
{{ end -}}
{{- end -}}

{{/* Where the service is, and its password. Onyxia reads both from here: the first link that is one of the release, and `password: X`. */}}
{{- define "library.notes.access" -}}
{{- $title := include "library.title" . -}}
{{- $url := include "library.url" . -}}
### {{ include "library.say" (dict "context" . "fr" "Accès au service" "en" "Service access") }}
{{ if .Values.global.suspend }}
- {{ include "library.say" (dict "context" . "fr" (printf "%s est suspendu ; son volume est conservé." $title) "en" (printf "%s is suspended; its volume is kept." $title)) }}
{{- else if $url }}
- {{ include "library.say" (dict "context" . "fr" (printf "Vous pouvez vous connecter à %s depuis votre navigateur avec [ce lien](%s)." $title $url) "en" (printf "You can connect to %s with your browser using [this link](%s)." $title $url)) }}
{{- else }}
{{- $forward := printf "kubectl --namespace %s port-forward service/%s 8080:%d" .Release.Namespace (include "library.fullname" .) (int (include "library.port" .)) }}
{{- $local := printf "http://localhost:8080%s/" (include "library.path" .) }}
- {{ include "library.say" (dict "context" . "fr" (printf "%s n'est pas exposé. Depuis un terminal : `%s`, puis ouvrez `%s`." $title $forward $local) "en" (printf "%s is not exposed. From a terminal: `%s`, then open `%s`." $title $forward $local)) }}
{{- end }}
{{- with (.Values.environment).user }}
- {{ include "library.say" (dict "context" $ "fr" "Votre nom d'utilisateur :" "en" "Your user name:") }} {{ . }}
{{- end }}
{{ include "library.notes.password" . }}
{{ end -}}

{{- define "library.notes.password" -}}
{{- with include "library.password" . -}}
- {{ include "library.say" (dict "context" $ "fr" "Votre" "en" "Your") }} password: {{ . }}
{{- else -}}
{{- $secret := include "library.password.secret" . -}}
- {{ include "library.say" (dict "context" . "fr" (printf "Votre mot de passe est dans le Secret `%s`." $secret) "en" (printf "Your password is in the Secret `%s`." $secret)) }}
{{- end -}}
{{- end -}}

{{/* The addresses of the user's own ports. */}}
{{- define "library.notes.ports" -}}
{{- $ports := include "library.userPorts" . | fromJsonArray -}}
{{- if and $ports (include "library.url" .) }}
{{ include "library.say" (dict "context" . "fr" "Vos ports :" "en" "Your ports:") }}
{{- range $index, $port := $ports }}{{ if $index }},{{ end }} [port {{ int $port }}]({{ include "library.userUrl" (dict "context" $ "port" $port "ports" $ports) }}){{ end }}.
{{ include "library.say" (dict "context" . "fr" "Tant que rien n'y répond, ces adresses donnent une erreur 502 ou 503." "en" "Until something answers there, these addresses return error 502 or 503.") }}
{{ end -}}
{{- end -}}

{{/* What a service with GPUs waits for, and what its image needs of the node. Nothing is asked of the cluster: who may install need not
see nodes. */}}
{{- define "library.notes.gpu" -}}
{{- $count := get ((.Values.resources).limits | default dict) "nvidia.com/gpu" | toString -}}
{{- if and $count (ne $count "0") (ne $count "<nil>") (not .Values.global.suspend) }}
### {{ include "library.say" (dict "context" . "fr" "GPU" "en" "GPU") }}

- {{ include "library.say" (dict "context" . "fr" (printf "Le service démarre sur un nœud qui a %s GPU NVIDIA libre(s) (`nvidia.com/gpu`), annoncé(s) par le device plugin de NVIDIA. Sans un tel nœud, il reste en attente (« Pending ») : `kubectl --namespace %s describe pod --selector app.kubernetes.io/instance=%s` affiche alors « Insufficient nvidia.com/gpu »." $count .Release.Namespace .Release.Name) "en" (printf "The service starts on a node with %s free NVIDIA GPU(s) (`nvidia.com/gpu`), which NVIDIA's device plugin announces. Without such a node it stays Pending, and `kubectl --namespace %s describe pod --selector app.kubernetes.io/instance=%s` says “Insufficient nvidia.com/gpu”." $count .Release.Namespace .Release.Name)) }}
{{- $image := .Values.service.image.custom.enabled | ternary .Values.service.image.custom.version .Values.service.image.version }}
{{- with get (include "library.gpus" . | fromJson) $image }}
{{- with .driver }}
- {{ include "library.say" (dict "context" $ "fr" (printf "Le nœud doit avoir un pilote NVIDIA %s ou plus récent ; sinon, les programmes ne trouvent aucun GPU, et le journal du service le dit." .) "en" (printf "The node needs an NVIDIA driver %s or newer; otherwise programs find no GPU, and the service's log says so." .)) }}
{{- end }}
{{- with .architectures }}
- {{ include "library.say" (dict "context" $ "fr" (printf "L'image a du code pour %s." .) "en" (printf "The image has code for %s." .)) }}
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
- {{ include "library.say" (dict "context" $ "fr" (printf "La version `%s` a été retirée : %s." $image .yanked) "en" (printf "The version `%s` was withdrawn: %s." $image .yanked)) }}
{{- else if eq .status "preview" }}
- {{ include "library.say" (dict "context" $ "fr" (printf "La version `%s` est un aperçu, qui peut changer ou disparaître." $image) "en" (printf "The version `%s` is a preview, which may change or go away." $image)) }}
{{- else if and (eq .status "maintenance") (or (not .eol) (lt $today .eol)) }}
- {{ include "library.say" (dict "context" $ "fr" (printf "La version `%s` est en maintenance : elle ne reçoit que des corrections." $image) "en" (printf "The version `%s` is in maintenance: it gets corrections only." $image)) }}
{{- end }}
{{- if and .eol (ge $today .eol) }}
- {{ include "library.say" (dict "context" $ "fr" (printf "La version `%s` est en fin de vie depuis le %s : plus personne ne la corrige." $image .eol) "en" (printf "The version `%s` has been past its end of life since %s: nobody corrects it any more." $image .eol)) }}
{{- else if .eol }}
- {{ include "library.say" (dict "context" $ "fr" (printf "Sa fin de vie est le %s." .eol) "en" (printf "Its end of life is on %s." .eol)) }}
{{- end }}
{{- with .successor }}
- {{ include "library.say" (dict "context" $ "fr" (printf "Choisissez plutôt `%s`." .) "en" (printf "Choose `%s` instead." .)) }}
{{- end }}
{{ end -}}
{{- end -}}

{{/* What is lost with the service. */}}
{{- define "library.notes.deletion" -}}
{{- if not (and .Values.persistence.enabled (or .Values.persistence.existingClaim .Values.persistence.keep)) }}
### {{ include "library.say" (dict "context" . "fr" "Sauvegarde" "en" "Save") }}
{{ $directory := include "library.directory" . }}
{{ include "library.say" (dict "context" . "fr" (printf "Le répertoire `%s` est **effacé avec le service**. Gardez votre code dans un dépôt Git, et vos données dans un stockage objet." $directory) "en" (printf "The directory `%s` is **deleted with the service**. Keep your code in a Git repository, and your data in an object store." $directory)) }}
{{- if not .Values.persistence.enabled }}
{{ include "library.say" (dict "context" . "fr" "Sans volume persistant, il l'est aussi à chaque redémarrage." "en" "Without a persistent volume, it is also deleted at every restart.") }}
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
{{- include "library.notes.gpu" . }}
{{- include "library.notes.lifecycle" . }}
{{- include "library.notes.deletion" . }}
{{- include "library.notes.discovery" . }}
{{- end -}}

{{/* Where a service is that runs in the release of another one. */}}
{{- define "library.notes.contained" -}}
{{- $title := include "library.title" . }}
{{- $address := printf "`%s.%s:%s`" (include "library.workloadName" .) .Release.Namespace (include "library.port" .) }}
{{ include "library.say" (dict "context" . "fr" (printf "%s en fait partie, à l'adresse %s dans le cluster." $title $address) "en" (printf "%s is part of it, at %s in the cluster." $title $address)) }}
{{ include "library.notes.lifecycle" . }}
{{- end -}}
