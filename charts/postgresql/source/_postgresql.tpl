{{/* The Secret that holds the passwords. */}}
{{- define "library.postgresql.secret" -}}
{{- printf "%s-secretauth" (include "library.fullname" .) -}}
{{- end -}}

{{- define "library.postgresql.password" -}}
{{- include "library.generated" (dict "context" . "secret" (include "library.postgresql.secret" .) "key" "password" "values" .Values.postgresql.auth "option" "password") -}}
{{- end -}}

{{- define "library.postgresql.administrator" -}}
{{- include "library.generated" (dict "context" . "secret" (include "library.postgresql.secret" .) "key" "postgres-password" "values" .Values.postgresql.auth "option" "postgresPassword") -}}
{{- end -}}

{{- define "library.postgresql.volumes" -}}
- name: start
  configMap:
    name: {{ printf "%s-start" (include "library.fullname" .) | quote }}
- name: auth
  secret:
    secretName: {{ include "library.postgresql.secret" . | quote }}
{{- end -}}

{{- define "library.postgresql.mounts" -}}
- name: start
  mountPath: /etc/service/start
  readOnly: true
- name: auth
  mountPath: /etc/service/auth
  readOnly: true
{{- end -}}

{{- define "library.postgresql.checksums" -}}
checksum/start: {{ include "library.postgresql.start" . | sha256sum }}
{{- end -}}

{{/* Runs the server of the data's own version; an empty volume gets the newest, with the user and the database. */}}
{{- define "library.postgresql.start" -}}
#!/bin/bash
set -euo pipefail
if [[ -s $PGDATA/PG_VERSION ]]; then
  version=$(<"$PGDATA/PG_VERSION")
else
  version=$(printf '%s\n' /usr/lib/postgresql/*/ | sort --version-sort | tail --lines=1 | xargs basename)
fi
PATH=/usr/lib/postgresql/$version/bin:$PATH
if ! command -v postgres >/dev/null; then
  echo "the image has no PostgreSQL $version, which wrote $PGDATA: dump the data with an image that has, and restore it here" >&2
  exit 1
fi

if [[ ! -s $PGDATA/PG_VERSION ]]; then
  # Made aside and then moved: a start that is interrupted leaves nothing that looks like data.
  new=$PGDATA.new
  rm -rf "$new"
  initdb --pgdata="$new" --username=postgres --pwfile=/etc/service/auth/postgres-password --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
  echo 'host all all all scram-sha-256' >>"$new/pg_hba.conf"
  pg_ctl --pgdata="$new" --options="-c listen_addresses='' -k /tmp" --wait start
  export PGPASSWORD
  PGPASSWORD=$(</etc/service/auth/postgres-password)
  psql --host=/tmp --username=postgres --no-psqlrc --set=ON_ERROR_STOP=1 --set=name="$POSTGRES_USER" --set=database="$POSTGRES_DB" <<'SQL'
\set password `cat /etc/service/auth/password`
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', :'name', :'password') WHERE :'name' <> 'postgres' \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SQL
  unset PGPASSWORD
  pg_ctl --pgdata="$new" --mode=fast --wait stop
  mv "$new" "$PGDATA"
fi

chmod 0700 "$PGDATA"
postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp &
server=$!
# To PostgreSQL, TERM means to wait for all clients to leave; INT means to end now, and in order.
trap 'kill -INT "$server"' TERM INT
while kill -0 "$server" 2>/dev/null; do
  status=0
  wait "$server" || status=$?
done
exit "$status"
{{- end -}}

{{- define "library.postgresql.ready" -}}
#!/bin/bash
# Until there is data, the server is not ready, and that is nothing to tell.
read -r version 2>/dev/null <"$PGDATA/PG_VERSION" || exit 1
exec "/usr/lib/postgresql/$version/bin/pg_isready" --quiet --host=127.0.0.1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB"
{{- end -}}

{{- define "library.postgresql.test" -}}
PATH=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort | tail --lines=1):$PATH
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  if pg_isready --host={{ include "library.fullname" . }}; then break; fi
  sleep 3
done
exec psql --host={{ include "library.fullname" . }} --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --no-psqlrc --no-password --command='SELECT version()'
{{- end -}}

{{- define "library.objects.configmap-start" -}}
apiVersion: v1
kind: ConfigMap
{{ include "library.metadata" (dict "context" . "name" "-start") }}
data:
  start.sh: |
    {{- include "library.postgresql.start" . | nindent 4 }}
  ready.sh: |
    {{- include "library.postgresql.ready" . | nindent 4 }}
{{- end -}}

{{- define "library.objects.secret-auth" -}}
apiVersion: v1
kind: Secret
{{ include "library.metadata" (dict "context" . "object" (include "library.postgresql.secret" .)) }}
stringData:
  password: {{ include "library.postgresql.password" . | quote }}
  postgres-password: {{ include "library.postgresql.administrator" . | quote }}
{{- end -}}

{{- define "library.objects.secret-discovery" -}}
{{- if .Values.discovery.enabled }}
apiVersion: v1
kind: Secret
{{ include "library.metadata" (dict "context" . "object" (printf "discoverable-%s" (include "library.fullname" .)) "annotations" (dict "onyxia/discovery" "postgres")) }}
stringData:
  postgres-service: {{ include "library.fullname" . | quote }}
  postgres-port: {{ .Values.networking.service.port | toString | quote }}
  postgres-database: {{ .Values.postgresql.auth.database | quote }}
  postgres-username: {{ .Values.postgresql.auth.username | quote }}
  password: {{ include "library.postgresql.password" . | quote }}
  postgres-password: {{ include "library.postgresql.administrator" . | quote }}
{{- end }}
{{- end -}}

{{- define "library.postgresql.notes" -}}
{{- $host := printf "%s.%s" (include "library.fullname" .) .Release.Namespace -}}
{{- $port := int .Values.networking.service.port -}}
{{ include "library.notes.message" . }}
### {{ include "library.say" (dict "context" . "fr" "Accès à la base" "en" "Access to the database") }}
{{ if .Values.global.suspend }}
- {{ include "library.say" (dict "context" . "fr" "PostgreSQL est suspendu ; son volume est conservé." "en" "PostgreSQL is suspended; its volume is kept.") }}
{{- else }}
- {{ include "library.say" (dict "context" . "fr" (printf "Adresse dans le cluster : `%s`, port %d" $host $port) "en" (printf "Address in the cluster: `%s`, port %d" $host $port)) }}
{{- end }}
- {{ include "library.say" (dict "context" . "fr" "Base :" "en" "Database:") }} `{{ .Values.postgresql.auth.database }}`
- {{ include "library.say" (dict "context" . "fr" "Utilisateur :" "en" "User:") }} `{{ .Values.postgresql.auth.username }}`
- {{ include "library.say" (dict "context" . "fr" "Votre" "en" "Your") }} password: {{ include "library.postgresql.password" . }}

{{ include "library.say" (dict "context" . "fr" "Les services de l'espace qui démarrent ensuite s'y connectent d'eux-mêmes : `psql` y suffit." "en" "Services of the namespace that start from now on connect by themselves: `psql` is enough.") }}
{{ include "library.say" (dict "context" . "fr" "Les données sont **effacées avec le service**." "en" "The data is **deleted with the service**.") }}
{{- end -}}
