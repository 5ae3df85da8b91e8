#!/bin/bash
# timeout: 300
# An extra certificate authority, without privileges, reaches every program of the image that opens a TLS connection: as the
# image's user and as an arbitrary uid, each asks a server on loopback whose certificate only that authority signed.
# shellcheck disable=SC2016  # the shells of the two users expand what is in single quotes
set -euo pipefail

# The list: each program (of PATH, or a path) with what it runs to ask $URL. Those that an image does not have are left out.
declare -A asks=(
  [apt-get]='/usr/lib/apt/apt-helper download-file "$URL/hello" "$OUT/apt"'
  [aws]='aws --endpoint-url "$URL" --no-sign-request s3 ls s3://bucket'
  [bao]='BAO_ADDR=$URL bao status'
  [cmake]='printf "file(DOWNLOAD %s/hello %s/cmake TLS_VERIFY ON)" "$URL" "$OUT" >"$OUT/probe.cmake" && cmake -P "$OUT/probe.cmake"'
  [curl]='curl "$URL/hello"'
  [git]='git ls-remote "$URL/repository.git"'
  [helm]='helm show chart --repo "$URL" probe'
  [java]='java -XX:TieredStopAtLevel=1 Probe.java "$URL/hello"'
  [julia]='julia --startup-file=no -e "using Downloads; Downloads.download(ENV[\"URL\"] * \"/hello\", tempname())"'
  [kubectl]='kubectl --kubeconfig=/dev/null --server="$URL" --token=probe get --raw /hello'
  [mc]='MC_HOST_probe=$URL mc --config-dir "$OUT/mc" ls probe/bucket'
  [node]='node -e "fetch(process.argv[1])" "$URL/hello"'
  [/opt/npm/vscode/node_modules/node/bin/node]='/opt/npm/vscode/node_modules/node/bin/node -e "fetch(process.argv[1])" "$URL/hello"'
  [/usr/local/lib/quarto/bin/tools/x86_64/deno]='DENO_TLS_CA_STORE=system DENO_DIR=$OUT /usr/local/lib/quarto/bin/tools/x86_64/deno eval "await fetch(Deno.env.get(\"URL\") + \"/hello\")"'
  [openssl]='openssl s_client -connect "${URL#https://}" -verify_return_error'
  [pip]='pip --isolated --retries 0 download --index-url "$URL/simple" probe'
  [python]='python modules.py'
  [Rscript]='Rscript --no-environ modules.R'
  [uv]='uv --no-config pip install --index-url "$URL/simple" --target "$OUT/uv" probe'
  [wget]='wget -qO- "$URL/hello"'
)
# GnuTLS checks a certificate after the handshake: these have reached the server when it opens the file they ask for.
late=" apt-get git wget "
# Programs with a TLS library that need no authority of the user's.
declare -A needless=(
  [cpack]="cmake under another name, which packs what is there"
  [ctest]="cmake under another name; of its own, it asks dashboards alone"
  [dirmngr]="GnuPG's helper for keyservers believes the system's authorities, which root alone changes, whatever is in its files"
  [esbuild]="Quarto's own, which asks nobody when it compiles"
  [typst]="Quarto's own, which gets packages of templates alone; it takes SSL_CERT_FILE"
  [duckdb]="its extensions have the library: see modules.py and modules.R"
  [minio]="a server in Go, which takes SSL_CERT_FILE for the others that it is told to ask"
  [minio-client]="mc, under another name"
  [nginx]="a server, which passes requests on to a program of the same container, without TLS"
  [psql]="checks no certificate unless it is given the authority's; sslrootcert=system takes SSL_CERT_FILE"
  [redis-benchmark]="Redis'; it uses TLS only with --tls, and takes the authority as an argument"
  [redis-check-aof]="the server under another name, which reads files"
  [redis-check-rdb]="the server under another name, which reads files"
  [redis-cli]="uses TLS only with --tls, and takes the authority as an argument"
  [redis-server]="a server, which is told its certificates by its configuration"
  [sudo_logsrvd]="a server for sudo's logs, which runs nowhere"
  [sudo_sendlog]="sends sudo's logs to such a server"
  [vault]="bao, under another name"
)

work=$(mktemp -d)
chmod 755 "$work"
cd "$work"
mkdir -p site/repository.git/info
touch site/hello 'site/repository.git/info/refs?service=git-upload-pack'

# Every program that links to a TLS library, or brings one, is in the list.
libraries='lib(ssl|gnutls|curl|curl-gnutls|pq|nss3|mbedtls)[.a-z0-9-]*\.so|crypto/tls\.\(|rustls|SSL_CTX_set_verify'
IFS=: read -ra directories <<<"$PATH"
unnamed=
while IFS= read -r program; do
  name=${program##*/}
  [[ -n ${asks[$name]:-}${asks[$program]:-}${needless[$name]:-} ]] || unnamed+=" $program"
done < <({
  find -L "${directories[@]}" -maxdepth 1 -type f -perm -1
  find /opt /usr/local -xdev -type f -perm -1 -size +200k ! -name '*.so*'
} 2>/dev/null | sort -u | xargs grep -laE "$libraries" 2>/dev/null)
[[ -z $unnamed ]] || { echo "programs with TLS that the list does not name:$unnamed"; exit 1; }

# Libraries of Python that have clients of their own.
cat >modules.py <<'PYTHON'
import asyncio, importlib.util, os, ssl, sys, threading, time, urllib.request

URL = os.environ["URL"]
HELLO = f"{URL}/hello"


def aiohttp(library):
    async def get():
        async with library.ClientSession() as session:
            await session.get(HELLO)

    asyncio.run(get())


def certifi(library):
    """Whoever asks certifi reads nothing else: it is reached where its file can be written."""
    bundle = library.where() if os.access(library.where(), os.W_OK) else None
    urllib.request.urlopen(HELLO, context=ssl.create_default_context(cafile=bundle))


def duckdb(library):
    library.sql("load httpfs")
    library.sql(f"select content from read_text('{HELLO}')").fetchall()


def pyarrow(library):
    from pyarrow.fs import FileSelector, S3FileSystem

    S3FileSystem(anonymous=True, endpoint_override=URL).get_file_info(FileSelector("bucket"))


def tornado(library):
    from tornado.httpclient import AsyncHTTPClient

    async def get():
        await AsyncHTTPClient().fetch(HELLO)

    asyncio.run(get())


ASK = {
    "aiohttp": aiohttp,
    "certifi": certifi,
    "duckdb": duckdb,
    "httpx": lambda library: library.get(HELLO),
    "pandas": lambda library: library.read_csv(HELLO),
    "requests": lambda library: library.get(HELLO),
    "s3fs": lambda library: library.S3FileSystem(anon=True, endpoint_url=URL).ls("bucket"),
    "tornado": tornado,
    "urllib": lambda _: urllib.request.urlopen(HELLO),
    "urllib3": lambda library: library.request("GET", HELLO, retries=False),
    # These keep their connection, and the server has time for one client only
    "pyarrow": pyarrow,
    "polars": lambda library: library.read_csv(HELLO),
}


def arrived():
    with open(os.environ["LOG"]) as log:
        return log.read().count("read finished")


def attempt(name, errors):
    try:
        ASK[name](importlib.import_module(name))
    except Exception as error:
        errors.append(f"{type(error).__name__}: {error}")


def refused(name):
    """Say why a library did not reach the server; nothing if it did, whatever it made of the answer."""
    before, errors = arrived(), []
    thread = threading.Thread(target=attempt, args=(name, errors), daemon=True)
    thread.start()
    for _ in range(400):
        if arrived() > before or not thread.is_alive():
            break
        time.sleep(0.05)
    time.sleep(0.1)
    unavailable = name == "duckdb" and "load httpfs" not in " ".join(errors) and "xtension" in " ".join(errors)
    return "" if arrived() > before or unavailable else f"python: {name}: {' '.join(errors)[:300]}"


bad = [line for name in ASK if importlib.util.find_spec(name) and (line := refused(name))]
print("\n".join(bad), file=sys.stderr, flush=True)
os._exit(1 if bad else 0)
PYTHON
# … and packages of R.
cat >modules.R <<'R'
hello <- paste0(Sys.getenv("URL"), "/hello")
ask <- list(
  utils = function() download.file(hello, tempfile(), quiet = TRUE),
  curl = function() curl::curl_fetch_memory(hello),
  duckdb = function() {
    connection <- DBI::dbConnect(duckdb::duckdb())
    DBI::dbExecute(connection, "load httpfs")
    DBI::dbGetQuery(connection, sprintf("select content from read_text('%s')", hello))
  },
  httr = function() httr::GET(hello),
  httr2 = function() httr2::req_perform(httr2::request(hello)),
  RCurl = function() RCurl::getURL(hello)
)
arrived <- function() sum(grepl("read finished", readLines(Sys.getenv("LOG"), warn = FALSE), fixed = TRUE))
bad <- character()
for (name in names(ask)) {
  if (!nzchar(system.file(package = name))) next
  before <- arrived()
  said <- tryCatch({ suppressWarnings(ask[[name]]()); "" }, error = conditionMessage)
  Sys.sleep(0.1)
  absent <- name == "duckdb" && grepl("xtension", said)
  if (arrived() == before && !absent) bad <- c(bad, paste0("R: ", name, ": ", said))
}
writeLines(bad, stderr())
quit(status = length(bad) > 0)
R
cat >Probe.java <<'JAVA'
public class Probe { public static void main(String[] a) throws Exception { new java.net.URL(a[0]).openStream(); } }
JAVA

# An authority, and a server that says in its log which handshakes its clients finished.
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.crt -subj "/CN=Probe authority" \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>openssl.log
openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost 2>openssl.log
printf 'subjectAltName = DNS:localhost, IP:127.0.0.1\nauthorityKeyIdentifier = keyid\n' >names
openssl x509 -req -days 2 -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile names -out server.crt 2>openssl.log
export LOG=$work/server.log URL=https://localhost:8443
(cd site && exec openssl s_server -accept 127.0.0.1:8443 -cert ../server.crt -key ../server.key -WWW -state >"$LOG" 2>&1) &
server=$!
trap 'kill $server' EXIT
for _ in {1..100}; do grep -q ACCEPT "$LOG" && break; sleep 0.1; done

# What each of the two users runs, with the lines of the list as arguments
cat >probe.sh <<'PROBE'
arrived() { grep -c "$sign" "$LOG" || true; }
OUT=$(mktemp -d)
export OUT POLARS_TEMP_DIR=$OUT
bad=0
while (($#)); do
  name=$1 command=$2 sign="read finished"
  shift 2
  [[ $LATE != *" $name "* ]] || sign="^FILE:"
  before=$(arrived)
  command -v "$name" >/dev/null || continue
  # Modules judge themselves; of others only the handshake matters, not what they make of the answer.
  if [[ $command == *modules.* ]]; then
    timeout 120 bash -c "$command" >"$OUT/said" 2>&1 </dev/null || { cat "$OUT/said"; bad=1; }
    continue
  fi
  timeout -k 1 30 bash -c "$command" >"$OUT/said" 2>&1 </dev/null &
  running=$!
  while kill -0 $running 2>/dev/null && (($(arrived) == before)); do sleep 0.05; done
  for _ in {1..20}; do (($(arrived) > before)) && break; sleep 0.05; done
  (($(arrived) > before)) || { echo "$name: $(grep -a . "$OUT/said" | tail -n 2)"; bad=1; }
  kill $running 2>/dev/null || true
  wait $running 2>/dev/null || true
done
exit $bad
PROBE
lines=()
for name in "${!asks[@]}"; do lines+=("$name" "${asks[$name]}"); done
clean=(env -i LATE="$late" LOG="$LOG" URL="$URL" PATH="$PATH" LANG="$LANG" LC_ALL="$LC_ALL" PATH_TO_CA_BUNDLE="$work/ca.crt")
[[ -z ${JAVA_HOME:-} ]] || clean+=(JAVA_HOME="$JAVA_HOME")
code=0
# Neither can be root: the certificates of the system stay as they are.
for user in 4321 1000; do
  sudo setpriv --reuid="$user" --regid=0 --clear-groups --no-new-privs --bounding-set=-all "${clean[@]}" \
    /opt/onyxia-init.sh bash probe.sh "${lines[@]}" || { echo "as user $user"; code=1; }
done
exit $code
