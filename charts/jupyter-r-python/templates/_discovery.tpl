{{/*
What services of one kind tell about themselves: the data of the namespace's Secrets with the annotation
`onyxia/discovery: <kind>`, as a JSON list of maps whose values are decoded. The cluster is asked once for each rendering.
Parameters: context and kind.
*/}}
{{- define "jupyter-r-python.discovered" -}}
{{- $discovery := .context.Values.discovery -}}
{{- if not (hasKey $discovery "found") -}}
{{- $found := dict -}}
{{- range (lookup "v1" "Secret" .context.Release.Namespace "").items -}}
{{- $kind := get (.metadata.annotations | default dict) "onyxia/discovery" -}}
{{- if $kind -}}
{{- $data := dict -}}
{{- range $key, $value := .data -}}
{{- $_ := set $data $key (include "jupyter-r-python.discovered.value" $value) -}}
{{- end -}}
{{- $_ := set $found $kind (append (get $found $kind | default list) $data) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $discovery "found" $found -}}
{{- end -}}
{{- get $discovery.found .kind | default list | toJson -}}
{{- end -}}

{{/* A value of a Secret. A number that somebody stored as it is, without encoding it, is taken for what it means. */}}
{{- define "jupyter-r-python.discovered.value" -}}
{{- $decoded := . | b64dec -}}
{{- and (regexMatch "^[0-9]+$" .) (not (regexMatch "^[ -~]*$" $decoded)) | ternary . $decoded -}}
{{- end -}}

{{/* What the first service of a kind tells, as JSON, if the option asks for it. Parameters: context, kind and option. */}}
{{- define "jupyter-r-python.discovered.first" -}}
{{- $first := dict -}}
{{- if get .context.Values.discovery .option -}}
{{- $first = first (include "jupyter-r-python.discovered" . | fromJsonArray) | default dict -}}
{{- end -}}
{{- toJson $first -}}
{{- end -}}

{{- define "jupyter-r-python.discovery.postgresql" -}}
{{- with include "jupyter-r-python.discovered.first" (dict "context" . "kind" "postgres" "option" "postgresql") | fromJson }}
PGHOST: {{ get . "postgres-service" | quote }}
PGPORT: {{ get . "postgres-port" | quote }}
PGDATABASE: {{ get . "postgres-database" | quote }}
PGUSER: {{ get . "postgres-username" | quote }}
PGPASSWORD: {{ get . "password" | quote }}
{{- end }}
{{- end -}}

{{- define "jupyter-r-python.discovery.mlflow" -}}
{{- with include "jupyter-r-python.discovered.first" (dict "context" . "kind" "mlflow" "option" "mlflow") | fromJson }}
MLFLOW_TRACKING_URI: {{ get . "uri" | quote }}
MLFLOW_TRACKING_USERNAME: {{ get . "MLFLOW_TRACKING_USERNAME" | quote }}
MLFLOW_TRACKING_PASSWORD: {{ get . "MLFLOW_TRACKING_PASSWORD" | quote }}
MLFLOW_S3_ENDPOINT_URL: {{ get . "MLFLOW_S3_ENDPOINT_URL" | quote }}
{{- end }}
{{- end -}}

{{- define "jupyter-r-python.discovery.milvus" -}}
{{- with $found := include "jupyter-r-python.discovered.first" (dict "context" . "kind" "milvus" "option" "milvus") | fromJson }}
{{- range $name := list "MILVUS_GRPC_URI" "MILVUS_REST_URI" "MILVUS_USERNAME" "MILVUS_PASSWORD" "MILVUS_TOKEN" }}
{{ $name }}: {{ get $found $name | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* ChromaDB names a further Secret, which holds its credentials. */}}
{{- define "jupyter-r-python.discovery.chromadb" -}}
{{- $namespace := .Release.Namespace }}
{{- with include "jupyter-r-python.discovered.first" (dict "context" . "kind" "chromadb" "option" "chromadb") | fromJson }}
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

{{- define "jupyter-r-python.discovery.hive" -}}
{{- if .Values.discovery.hive }}
{{- with include "jupyter-r-python.discovered" (dict "context" . "kind" "hive") | fromJsonArray }}
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

{{- define "jupyter-r-python.discovery.metaflow" -}}
{{- $namespace := .Release.Namespace }}
{{- $endpoint := include "jupyter-r-python.s3.url" . }}
{{- with include "jupyter-r-python.discovered.first" (dict "context" . "kind" "metaflow" "option" "metaflow") | fromJson }}
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

{{/* What to do with the services that were found, one line for each. */}}
{{- define "jupyter-r-python.discovery.postgresql.help" -}}
{{- if include "jupyter-r-python.discovery.postgresql" . | trim }}
- PostgreSQL: {{ include "jupyter-r-python.say" (dict "context" . "fr" "`psql` s'y connecte sans argument, ainsi que `psycopg.connect()` et `DBI::dbConnect(RPostgres::Postgres())`." "en" "`psql` connects to it without arguments, and so do `psycopg.connect()` and `DBI::dbConnect(RPostgres::Postgres())`.") }}
{{- end }}
{{- end -}}

{{- define "jupyter-r-python.discovery.mlflow.help" -}}
{{- if include "jupyter-r-python.discovery.mlflow" . | trim }}
- MLflow: {{ include "jupyter-r-python.say" (dict "context" . "fr" "`mlflow` y enregistre les expériences (`MLFLOW_TRACKING_URI`)." "en" "`mlflow` records experiments there (`MLFLOW_TRACKING_URI`).") }}
{{- end }}
{{- end -}}

{{- define "jupyter-r-python.discovery.milvus.help" -}}
{{- if include "jupyter-r-python.discovery.milvus" . | trim }}
- Milvus: `pymilvus.MilvusClient(uri=os.environ["MILVUS_GRPC_URI"], token=os.environ["MILVUS_TOKEN"])`
{{- end }}
{{- end -}}

{{- define "jupyter-r-python.discovery.chromadb.help" -}}
{{- if include "jupyter-r-python.discovery.chromadb" . | trim }}
- ChromaDB: `chromadb.HttpClient(host=os.environ["CHROMA_SERVER_HOST"], port=int(os.environ["CHROMA_SERVER_HTTP_PORT"]))`
{{- end }}
{{- end -}}

{{- define "jupyter-r-python.discovery.hive.help" -}}
{{- if include "jupyter-r-python.discovery.hive" . | trim }}
- Hive Metastore: `SparkSession.builder.enableHiveSupport().getOrCreate()`
{{- end }}
{{- end -}}

{{- define "jupyter-r-python.discovery.metaflow.help" -}}
{{- if include "jupyter-r-python.discovery.metaflow" . | trim }}
- Metaflow: {{ include "jupyter-r-python.say" (dict "context" . "fr" "les flux sont enregistrés dans le service trouvé." "en" "flows are recorded in the service that was found.") }}
{{- end }}
{{- end -}}
