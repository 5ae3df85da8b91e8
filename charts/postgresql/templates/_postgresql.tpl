{{/* The Secret that holds the passwords. */}}
{{- define "library.postgresql.secret" -}}
{{- .Values.postgresql.auth.existingSecret | default (printf "%s-secretauth" (include "library.fullname" .)) -}}
{{- end -}}

{{/* One of the passwords; empty where it is not known. Parameters: context, key (in the Secret) and option. */}}
{{- define "library.postgresql.known" -}}
{{- $secret := include "library.postgresql.secret" .context -}}
{{- if .context.Values.postgresql.auth.existingSecret -}}
{{- get ((lookup "v1" "Secret" .context.Release.Namespace $secret).data | default dict) .key | b64dec -}}
{{- else -}}
{{- include "library.generated" (dict "context" .context "secret" $secret "key" .key "values" .context.Values.postgresql.auth "option" .option) -}}
{{- end -}}
{{- end -}}

{{/* The user's password. The volume outlives a rendering: a password that no cluster remembers would be lost, and the data with it. */}}
{{- define "library.postgresql.password" -}}
{{- $password := include "library.postgresql.known" (dict "context" . "key" "password" "option" "password") -}}
{{- if not (or $password .Values.postgresql.auth.existingSecret) -}}
{{- fail "postgresql.auth: without a cluster to look into, as in `helm template`, no password can be generated and kept: give postgresql.auth.password, or the name of a Secret in postgresql.auth.existingSecret" -}}
{{- end -}}
{{- $password -}}
{{- end -}}

{{/* The administrator's password; without one, the user postgres cannot log in by a password. */}}
{{- define "library.postgresql.administrator" -}}
{{- include "library.postgresql.known" (dict "context" . "key" "postgres-password" "option" "postgresPassword") -}}
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
{{- with include "library.postgresql.password" . }}
checksum/auth: {{ printf "%s %s" . (include "library.postgresql.administrator" $) | sha256sum }}
{{- end }}
{{- end -}}

{{/*
Runs the server of the data's own version; an empty volume gets the newest. At each start the user, the database and the
passwords become those of the values: whatever was before, the volume and the Secret agree.
*/}}
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

own=$(mktemp -d)
echo 'local all postgres trust' >"$own/hba.conf"

# agree DATA: a server that only this script reaches, through a socket in a directory of its own, takes over what the values say
agree() {
  # After a crash the server first recovers, however long that takes: how long it may is up to the startup probe.
  pg_ctl --pgdata="$1" --wait --timeout=86400 --silent --options="-c listen_addresses='' -c unix_socket_directories='$own' -c hba_file='$own/hba.conf'" start
  psql --host="$own" --username=postgres --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=name="$POSTGRES_USER" --set=database="$POSTGRES_DB" <<'SQL'
\set administrator `cat /etc/service/auth/postgres-password 2>/dev/null || true`
\set password `cat /etc/service/auth/password`
SELECT format('ALTER ROLE postgres PASSWORD %L', nullif(:'administrator', '')) \gexec
SELECT format('CREATE ROLE %I LOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', :'name', :'password') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
-- Another user than before may do with the database what the former one may.
SELECT format('GRANT %I TO %I', rolname, :'name') FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
  WHERE datname = :'database' AND rolname <> :'name' AND NOT rolsuper \gexec
SQL
  pg_ctl --pgdata="$1" --mode=fast --wait --silent stop
}

if [[ -s $PGDATA/PG_VERSION ]]; then
  chmod 0700 "$PGDATA"
  agree "$PGDATA"
else
  # Made aside and then moved: a start that is interrupted leaves nothing that looks like data.
  new=$PGDATA.new
  rm -rf "$new"
  initdb --pgdata="$new" --username=postgres --pwfile=<(head --bytes=24 /dev/urandom | base64) --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
  echo 'host all all all scram-sha-256' >>"$new/pg_hba.conf"
  agree "$new"
  mv "$new" "$PGDATA"
fi
rm -rf "$own"

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

{{/* What the user owns in the database; other databases and users are not in it. */}}
{{- define "library.backup.save" -}}
#!/bin/bash
set -euo pipefail
PATH=/usr/lib/postgresql/$(<"$PGDATA/PG_VERSION")/bin:$PATH
PGPASSWORD=$(</etc/service/auth/password)
export PGPASSWORD
exec pg_dump --host=127.0.0.1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --no-password --clean --if-exists --no-owner --no-privileges
{{- end -}}

{{/* All of it or nothing. */}}
{{- define "library.backup.restore" -}}
#!/bin/bash
set -euo pipefail
PATH=/usr/lib/postgresql/$(<"$PGDATA/PG_VERSION")/bin:$PATH
PGPASSWORD=$(</etc/service/auth/password)
export PGPASSWORD
exec psql --host=127.0.0.1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --no-password --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --single-transaction --output=/dev/null
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
{{- $auth := .Values.postgresql.auth }}
{{- if not $auth.existingSecret }}
apiVersion: v1
kind: Secret
{{ include "library.metadata" (dict "context" . "object" (include "library.postgresql.secret" .) "annotations" (include "library.chosen" (dict "password" $auth.password "postgres-password" $auth.postgresPassword) | fromJson)) }}
data:
  password: {{ include "library.postgresql.password" . | b64enc | quote }}
  {{- with include "library.postgresql.administrator" . }}
  postgres-password: {{ . | b64enc | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "library.objects.secret-discovery" -}}
{{- if .Values.discovery.enabled }}
apiVersion: v1
kind: Secret
{{ include "library.metadata" (dict "context" . "object" (printf "discoverable-%s" (include "library.fullname" .)) "annotations" (dict "onyxia/discovery" "postgres")) }}
data:
  postgres-service: {{ include "library.fullname" . | b64enc | quote }}
  postgres-port: {{ .Values.networking.service.port | toString | b64enc | quote }}
  postgres-database: {{ .Values.postgresql.auth.database | b64enc | quote }}
  postgres-username: {{ .Values.postgresql.auth.username | b64enc | quote }}
  {{- with include "library.postgresql.password" . }}
  password: {{ . | b64enc | quote }}
  {{- end }}
  {{- with include "library.postgresql.administrator" . }}
  postgres-password: {{ . | b64enc | quote }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "library.postgresql.notes" -}}
{{- $host := printf "%s.%s" (include "library.fullname" .) .Release.Namespace -}}
{{- $port := int .Values.networking.service.port -}}
{{ include "library.notes.message" . }}
### {{ include "library.say" (dict "context" . "en" "Access to the database") }}
{{ if .Values.global.suspend }}
- {{ include "library.say" (dict "context" . "en" "PostgreSQL is suspended; its volume is kept.") }}
{{- else }}
- {{ include "library.say" (dict "context" . "en" "Address in the cluster: `%s`, port %d" "with" (list $host $port)) }}
{{- end }}
- {{ include "library.say" (dict "context" . "en" "Database:") }} `{{ .Values.postgresql.auth.database }}`
- {{ include "library.say" (dict "context" . "en" "User:") }} `{{ .Values.postgresql.auth.username }}`
{{- with include "library.postgresql.password" . }}
- {{ include "library.say" (dict "context" $ "en" "Your") }} password: {{ . }}
{{- else }}
{{- $secret := include "library.postgresql.secret" . }}
- {{ include "library.say" (dict "context" . "en" "Your password is in the Secret `%s`." "with" (list $secret)) }}
{{- end }}

{{ include "library.say" (dict "context" . "en" "Services of the namespace that start from now on connect by themselves: `psql` is enough.") }}
{{ include "library.notes.backup" . }}
{{- if not (and .Values.persistence.enabled (or .Values.persistence.existingClaim .Values.persistence.keep)) }}
{{ include "library.say" (dict "context" . "en" "The data is **deleted with the service**.") }}
{{- end }}
{{- end -}}
