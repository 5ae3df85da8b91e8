# shellcheck shell=bash
# A persistent secret with which DuckDB reads S3, in the command line, in Python and in R.
without "DuckDB needs CREATE SECRET to read S3"

# A download of the extension that knows S3 must not delay the service for long
patience=20

# literal VALUE: as SQL text
literal() {
  printf "'%s'" "${1//\'/\'\'}"
}

# statement: what makes the secret
statement() {
  local style=vhost ssl=true
  case ${AWS_PATH_STYLE_ACCESS:-} in [Tt]rue | TRUE | 1 | yes) style=path ;; esac
  [[ $AWS_ENDPOINT_URL != http://* ]] || ssl=false
  printf 'CREATE OR REPLACE PERSISTENT SECRET s3_onyxia_connection (TYPE s3'
  printf ', KEY_ID %s, SECRET %s' "$(literal "${AWS_ACCESS_KEY_ID:-}")" "$(literal "${AWS_SECRET_ACCESS_KEY:-}")"
  [[ -z ${AWS_SESSION_TOKEN:-} ]] || printf ', SESSION_TOKEN %s' "$(literal "$AWS_SESSION_TOKEN")"
  [[ -z ${AWS_DEFAULT_REGION:-} ]] || printf ', REGION %s' "$(literal "$AWS_DEFAULT_REGION")"
  printf ', ENDPOINT %s, URL_STYLE %s, USE_SSL %s);\n' "$(literal "${AWS_S3_ENDPOINT#*://}")" "$(literal "$style")" "$ssl"
}

if has duckdb; then
  [[ -e $HOME/.duckdbrc ]] || printf "%s\n" ".prompt 'duckdb > '" 2>/dev/null >"$HOME/.duckdbrc" || true
fi
[[ -n ${AWS_S3_ENDPOINT:-} ]] || return 0

if has duckdb; then
  attempt "the command line" timeout "$patience" duckdb -batch -bail -init /dev/null :memory: < <(statement)
elif has python3 && python3 -c 'import importlib.util as u, sys; sys.exit(u.find_spec("duckdb") is None)' 2>/dev/null; then
  attempt "Python" timeout "$patience" python3 -c 'import sys, duckdb; duckdb.execute(sys.stdin.read())' < <(statement)
fi
if has Rscript && compgen -G '/usr/*/R/*library/duckdb' >/dev/null || compgen -G '/usr/local/lib/R/*library/duckdb' >/dev/null; then
  attempt "R" timeout "$patience" Rscript --no-environ -e \
    'DBI::dbExecute(DBI::dbConnect(duckdb::duckdb()), paste(readLines(file("stdin")), collapse = "\n"))' < <(statement)
fi
