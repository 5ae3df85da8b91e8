{{/*
What services of one kind tell about themselves: the data of the namespace's Secrets with the annotation
`onyxia/discovery: <kind>`, as a JSON list of maps whose values are decoded. The cluster is asked once for each rendering.
Parameters: context and kind.
*/}}
{{- define "library.discovered" -}}
{{- $discovery := .context.Values.discovery -}}
{{- if not (hasKey $discovery "found") -}}
{{- $found := dict -}}
{{- range (lookup "v1" "Secret" .context.Release.Namespace "").items -}}
{{- $kind := get (.metadata.annotations | default dict) "onyxia/discovery" -}}
{{- if $kind -}}
{{- $data := dict -}}
{{- range $key, $value := .data -}}
{{- $_ := set $data $key (include "library.discovered.value" $value) -}}
{{- end -}}
{{- $_ := set $found $kind (append (get $found $kind | default list) $data) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $discovery "found" $found -}}
{{- end -}}
{{- get $discovery.found .kind | default list | toJson -}}
{{- end -}}

{{/* A value of a Secret. A number that somebody stored as it is, without encoding it, is taken for what it means. */}}
{{- define "library.discovered.value" -}}
{{- $decoded := . | b64dec -}}
{{- and (regexMatch "^[0-9]+$" .) (not (regexMatch "^[ -~]*$" $decoded)) | ternary . $decoded -}}
{{- end -}}

{{/* What the first service of a kind tells, as JSON, if the option asks for it. Parameters: context, kind and option. */}}
{{- define "library.discovered.first" -}}
{{- $first := dict -}}
{{- if get .context.Values.discovery .option -}}
{{- $first = first (include "library.discovered" . | fromJsonArray) | default dict -}}
{{- end -}}
{{- toJson $first -}}
{{- end -}}

{{/*
The Secret by which a service is found, if it is to be. Parameters: context, kind, and data: key -> text, which is left out where it
is empty, as a password that only the cluster knows.
*/}}
{{- define "library.discoverable" -}}
{{- if .context.Values.discovery.enabled }}
apiVersion: v1
kind: Secret
{{ include "library.metadata" (dict "context" .context "object" (printf "discoverable-%s" (include "library.fullname" .context)) "annotations" (dict "onyxia/discovery" .kind)) }}
data:
  {{- range $name, $value := .data }}
  {{- with $value }}
  {{ $name }}: {{ . | toString | b64enc | quote }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{- define "library.discovery.postgresql" -}}
{{- with include "library.discovered.first" (dict "context" . "kind" "postgres" "option" "postgresql") | fromJson }}
PGHOST: {{ get . "postgres-service" | quote }}
PGPORT: {{ get . "postgres-port" | quote }}
PGDATABASE: {{ get . "postgres-database" | quote }}
PGUSER: {{ get . "postgres-username" | quote }}
PGPASSWORD: {{ get . "password" | quote }}
{{- end }}
{{- end -}}

{{- define "library.discovery.mlflow" -}}
{{- with include "library.discovered.first" (dict "context" . "kind" "mlflow" "option" "mlflow") | fromJson }}
MLFLOW_TRACKING_URI: {{ get . "uri" | quote }}
MLFLOW_TRACKING_USERNAME: {{ get . "MLFLOW_TRACKING_USERNAME" | quote }}
MLFLOW_TRACKING_PASSWORD: {{ get . "MLFLOW_TRACKING_PASSWORD" | quote }}
MLFLOW_S3_ENDPOINT_URL: {{ get . "MLFLOW_S3_ENDPOINT_URL" | quote }}
{{- end }}
{{- end -}}

{{- define "library.discovery.milvus" -}}
{{- with $found := include "library.discovered.first" (dict "context" . "kind" "milvus" "option" "milvus") | fromJson }}
{{- range $name := list "MILVUS_GRPC_URI" "MILVUS_REST_URI" "MILVUS_USERNAME" "MILVUS_PASSWORD" "MILVUS_TOKEN" }}
{{ $name }}: {{ get $found $name | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* An object store of the namespace; the one that the options name comes first. */}}
{{- define "library.discovery.s3" -}}
{{- if not (.Values.s3).enabled }}
{{- with $found := include "library.discovered.first" (dict "context" . "kind" "s3" "option" "s3") | fromJson }}
{{- range $name := list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_DEFAULT_REGION" "AWS_S3_ENDPOINT" "AWS_ENDPOINT_URL" "S3_ENDPOINT" "AWS_PATH_STYLE_ACCESS" "AWS_WORKING_DIRECTORY_PATH" }}
{{ $name }}: {{ get $found $name | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "library.discovery.redis" -}}
{{- with include "library.discovered.first" (dict "context" . "kind" "redis" "option" "redis") | fromJson }}
REDIS_HOST: {{ get . "redis-service" | quote }}
REDIS_PORT: {{ get . "redis-port" | quote }}
REDIS_PASSWORD: {{ get . "redis-password" | quote }}
REDISCLI_AUTH: {{ get . "redis-password" | quote }}
REDIS_URL: {{ printf "redis://:%s@%s:%s/0" (get . "redis-password" | urlquery | replace "+" "%20") (get . "redis-service") (get . "redis-port") | quote }}
{{- end }}
{{- end -}}

{{/* A store of secrets of the namespace; the one that the options name comes first. */}}
{{- define "library.discovery.vault" -}}
{{- if not (.Values.vault).enabled }}
{{- with $found := include "library.discovered.first" (dict "context" . "kind" "vault" "option" "vault") | fromJson }}
{{- range $name := list "VAULT_ADDR" "VAULT_MOUNT" "VAULT_AUTH_PATH" "VAULT_AUTH_ROLE" }}
{{ $name }}: {{ get $found $name | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* ChromaDB names a further Secret, which holds its credentials. */}}
{{- define "library.discovery.chromadb" -}}
{{- $namespace := .Release.Namespace }}
{{- with include "library.discovered.first" (dict "context" . "kind" "chromadb" "option" "chromadb") | fromJson }}
CHROMA_SERVER_HOST: {{ get . "CHROMA_SERVER_HOST" | quote }}
CHROMA_SERVER_HTTP_PORT: {{ get . "CHROMA_SERVER_HTTP_PORT" | quote }}
CHROMA_SERVER_SSL_ENABLED: {{ get . "CHROMA_SERVER_SSL_ENABLED" | quote }}
CHROMA_CLIENT_AUTH_PROVIDER: {{ get . "CHROMA_CLIENT_AUTH_PROVIDER" | quote }}
CHROMA_AUTH_SECRET: {{ get . "CHROMA_AUTH_SECRET" | quote }}
{{- with get . "CHROMA_AUTH_SECRET" }}
{{- with (lookup "v1" "Secret" $namespace .).data }}
{{- $username := get . "username" | b64dec }}
{{- $password := get . "password" | b64dec }}
CHROMA_AUTH_TOKEN_TRANSPORT_HEADER: {{ get . "header" | b64dec | quote }}
CHROMA_CLIENT_AUTH_USERNAME: {{ $username | quote }}
CHROMA_CLIENT_AUTH_PASSWORD: {{ $password | quote }}
CHROMA_CLIENT_AUTH_CREDENTIALS: {{ get . "token" | b64dec | default (printf "%s:%s" $username $password | trimAll ":") | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "library.discovery.hive" -}}
{{- if .Values.discovery.hive }}
{{- with include "library.discovered" (dict "context" . "kind" "hive") | fromJsonArray }}
/usr/local/lib/hive/conf/hive-site.xml: |
  <?xml version="1.0"?>
  <configuration>
    <property>
      <name>hive.metastore.uris</name>
      {{- $uris := list }}
      {{- range . }}
      {{- $uris = append $uris (printf "thrift://%s:9083" (get . "hive-service")) }}
      {{- end }}
      <value>{{ join "," $uris | html }}</value>
    </property>
  </configuration>
{{- end }}
{{- end }}
{{- end -}}

{{- define "library.discovery.metaflow" -}}
{{- $namespace := .Release.Namespace }}
{{- $endpoint := include "library.s3.url" . }}
{{- with include "library.discovered.first" (dict "context" . "kind" "metaflow" "option" "metaflow") | fromJson }}
{{- $config := dict
      "METAFLOW_DEFAULT_METADATA" "service"
      "METAFLOW_DEFAULT_DATASTORE" "s3"
      "METAFLOW_KUBERNETES_NAMESPACE" $namespace
      "METAFLOW_KUBERNETES_SERVICE_ACCOUNT" "default"
      "METAFLOW_KUBERNETES_SECRETS" (get . "s3Secret")
      "METAFLOW_SERVICE_URL" (get . "host")
      "METAFLOW_DATASTORE_SYSROOT_S3" (get . "s3Bucket")
      "METAFLOW_DATATOOLS_SYSROOT_S3" (get . "s3Bucket")
      "METAFLOW_S3_ENDPOINT_URL" $endpoint }}
.metaflowconfig/config.json: {{ toPrettyJson $config | quote }}
{{- end }}
{{- end -}}

{{/*
What to do with a service that was found: its name, a sentence and code. Parameters: context, title, fr, en, and code (a map from
a language to its lines).
*/}}
{{- define "library.discovery.told" -}}
- {{ .title }}: {{ include "library.say" (dict "context" .context "en" .en) }}
{{- range $language, $lines := .code }}

  ```{{ $language }}
  {{- range $lines }}
  {{ . }}
  {{- end }}
  ```
{{- end }}
{{- end -}}

{{- define "library.discovery.postgresql.help" -}}
{{- if include "library.discovery.postgresql" . | trim }}
{{- $python := list "import psycopg" "with psycopg.connect() as connection:" "    print(connection.execute(\"SELECT version()\").fetchone())" }}
{{- $r := list "connection <- DBI::dbConnect(RPostgres::Postgres())" "DBI::dbGetQuery(connection, \"SELECT version()\")" }}
{{- include "library.discovery.told" (dict "context" . "title" "PostgreSQL" "en" "`psql` connects to it without arguments, and so do these programs." "code" (dict "python" $python "r" $r)) }}
{{- end }}
{{- end -}}

{{- define "library.discovery.s3.help" -}}
{{- if include "library.discovery.s3" . | trim }}
{{- $python := list "import os" "import s3fs" "print(s3fs.S3FileSystem().ls(os.environ[\"AWS_WORKING_DIRECTORY_PATH\"]))" }}
{{- include "library.discovery.told" (dict "context" . "title" "S3" "en" "its address and credentials are in `AWS_*`, which every client of S3 reads." "code" (dict "python" $python)) }}
{{- end }}
{{- end -}}

{{- define "library.discovery.redis.help" -}}
{{- if include "library.discovery.redis" . | trim }}
{{- $python := list "import os" "import redis" "print(redis.Redis.from_url(os.environ[\"REDIS_URL\"]).ping())" }}
{{- include "library.discovery.told" (dict "context" . "title" "Redis" "en" "its address and its password are in `REDIS_URL`." "code" (dict "python" $python)) }}
{{- end }}
{{- end -}}

{{- define "library.discovery.vault.help" -}}
{{- if include "library.discovery.vault" . | trim }}
{{- $python := list "import os" "import requests" "address = os.environ[\"VAULT_ADDR\"] + \"/v1/\"" "token = open(\"/var/run/secrets/kubernetes.io/serviceaccount/token\").read()" "login = requests.post(address + \"auth/kubernetes/login\", json={\"role\": os.environ[\"VAULT_AUTH_ROLE\"], \"jwt\": token}).json()" "headers = {\"X-Vault-Token\": login[\"auth\"][\"client_token\"]}" "requests.post(address + \"secret/data/first\", headers=headers, json={\"data\": {\"answer\": \"42\"}})" "print(requests.get(address + \"secret/data/first\", headers=headers).json()[\"data\"][\"data\"])" }}
{{- include "library.discovery.told" (dict "context" . "title" "OpenBao" "en" "its address is in `VAULT_ADDR`, and the pod's own token opens it." "code" (dict "python" $python)) }}
{{- end }}
{{- end -}}

{{- define "library.discovery.mlflow.help" -}}
{{- if include "library.discovery.mlflow" . | trim }}
{{- $python := list "import mlflow" "mlflow.set_experiment(\"first\")" "with mlflow.start_run():" "    mlflow.log_metric(\"accuracy\", 0.9)" }}
{{- include "library.discovery.told" (dict "context" . "title" "MLflow" "en" "experiments are recorded there (`MLFLOW_TRACKING_URI`)." "code" (dict "python" $python)) }}
{{- end }}
{{- end -}}

{{- define "library.discovery.milvus.help" -}}
{{- if include "library.discovery.milvus" . | trim }}
{{- $python := list "import os" "from pymilvus import MilvusClient" "client = MilvusClient(uri=os.environ[\"MILVUS_GRPC_URI\"], token=os.environ[\"MILVUS_TOKEN\"])" "print(client.list_collections())" }}
{{- include "library.discovery.told" (dict "context" . "title" "Milvus" "en" "its address and token are in `MILVUS_*`." "code" (dict "python" $python)) }}
{{- end }}
{{- end -}}

{{- define "library.discovery.chromadb.help" -}}
{{- if include "library.discovery.chromadb" . | trim }}
{{- $python := list "import os" "import chromadb" "client = chromadb.HttpClient(" "    host=os.environ[\"CHROMA_SERVER_HOST\"]," "    port=int(os.environ[\"CHROMA_SERVER_HTTP_PORT\"])," ")" "print(client.list_collections())" }}
{{- include "library.discovery.told" (dict "context" . "title" "ChromaDB" "en" "its address and credentials are in `CHROMA_*`." "code" (dict "python" $python)) }}
{{- end }}
{{- end -}}

{{- define "library.discovery.hive.help" -}}
{{- if include "library.discovery.hive" . | trim }}
{{- $python := list "from pyspark.sql import SparkSession" "spark = SparkSession.builder.enableHiveSupport().getOrCreate()" "spark.sql(\"SHOW DATABASES\").show()" }}
{{- include "library.discovery.told" (dict "context" . "title" "Hive Metastore" "en" "Spark finds its tables there." "code" (dict "python" $python)) }}
{{- end }}
{{- end -}}

{{- define "library.discovery.metaflow.help" -}}
{{- if include "library.discovery.metaflow" . | trim }}
{{- $python := list "from metaflow import FlowSpec, step" "class First(FlowSpec):" "    @step" "    def start(self):" "        self.next(self.end)" "    @step" "    def end(self):" "        print(\"done\")" "if __name__ == \"__main__\":" "    First()  # python first.py run" }}
{{- include "library.discovery.told" (dict "context" . "title" "Metaflow" "en" "flows are recorded in the service that was found." "code" (dict "python" $python)) }}
{{- end }}
{{- end -}}
