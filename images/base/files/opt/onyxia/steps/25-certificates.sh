# shellcheck shell=bash
# Trust the organisation's certificate authorities (PATH_TO_CA_BUNDLE: a file or a directory, and what is mounted in
# /usr/local/share/ca-certificates) beside the public ones, in every client.
without "servers with a certificate of the organisation are refused"

local_certificates=/usr/local/share/ca-certificates
system_bundle=/etc/ssl/certs/ca-certificates.crt
own=$ONYXIA_STATE/authorities
rm -rf "$own"
mkdir "$own"

# pem_files PATH: the certificate files at or under a path
pem_files() {
  [[ ! -e $1 ]] || find -L "$1" -type f \( -path "$1" -o -name '*.crt' -o -name '*.pem' \) -print0 | sort -z
}

# split_into PREFIX: write each certificate of standard input to a file of its own, as update-ca-certificates wants them
split_into() {
  awk -v prefix="$1" '/-----BEGIN CERTIFICATE-----/ { file = sprintf("%s-%03d.crt", prefix, ++n) }
    file { print > file }
    /-----END CERTIFICATE-----/ { close(file); file = "" }'
}

# What names a file of certificates for those who read variables: OpenSSL, Go and Python's ssl; curl, R and GDAL; requests;
# pip; Git; aws and botocore; Node.js; gRPC. images/base/tests/tls.sh has the programs, and what reaches each.
variables=(SSL_CERT_FILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT GIT_SSL_CAINFO AWS_CA_BUNDLE NODE_EXTRA_CA_CERTS
  GRPC_DEFAULT_SSL_ROOTS_FILE_PATH)

# configure_programs: those that read a file of their own, where the system's certificates cannot be changed
configure_programs() {
  # wget reads one file of the user's: ours, followed by what he has
  if has wget && [[ -z ${WGETRC:-} ]]; then
    { printf 'ca_certificate = %s\n' "$bundle" && cat "$HOME/.wgetrc" 2>/dev/null; } >"$ONYXIA_STATE/wgetrc" || true
    publish WGETRC "$ONYXIA_STATE/wgetrc"
  fi
  if has apt-get && [[ -z ${APT_CONFIG:-} ]]; then
    printf 'Acquire::https::CAInfo "%s";\n' "$bundle" >"$ONYXIA_STATE/apt.conf"
    publish APT_CONFIG "$ONYXIA_STATE/apt.conf"
  fi
  ! has keytool || configure_java
}

# configure_java: a copy of Java's store with the authorities in it
configure_java() {
  local store=$ONYXIA_STATE/cacerts file
  [[ ${JAVA_TOOL_OPTIONS:-} != *javax.net.ssl.trustStore=* ]] || return 0
  attempt "Java's certificates" cp /etc/ssl/certs/java/cacerts "$store"
  chmod u+w "$store"
  for file in "${authorities[@]}"; do
    attempt "Java's certificates" keytool -importcert -noprompt -trustcacerts -keystore "$store" -storepass changeit \
      -alias "onyxia-${file##*/}" -file "$file"
  done
  publish JAVA_TOOL_OPTIONS "${JAVA_TOOL_OPTIONS:+$JAVA_TOOL_OPTIONS }-Djavax.net.ssl.trustStore=$store"
}

given=${PATH_TO_CA_BUNDLE:-}
trouble=
pem_files "$local_certificates" | xargs -0r cat | split_into "$own/mounted"
if [[ -n $given ]]; then
  pem_files "$given" 2>/dev/null | xargs -0r cat 2>/dev/null | split_into "$own/onyxia" || trouble="$given cannot be read by user $EUID"
fi

shopt -s nullglob
unreadable=0
for file in "$own"/*.crt; do
  openssl x509 -noout -in "$file" 2>/dev/null && continue
  rm "$file"
  unreadable=$((unreadable + 1))
done
# A chart may give the same ones both ways
sha256sum "$own"/*.crt </dev/null | awk 'seen[$1]++ { print $2 }' | xargs -r rm
authorities=("$own"/*.crt)
added=("$own"/onyxia-*.crt)

if ((${#authorities[@]})); then
  bundle=$ONYXIA_STATE/ca-bundle.crt
  cat "$system_bundle" "${authorities[@]}" >"$bundle"
  if can_be_root && { ((${#added[@]} == 0)) || as_root install -m 0644 -t "$local_certificates" "${added[@]}"; } 2>/dev/null &&
    as_root update-ca-certificates >/dev/null 2>&1; then
    bundle=$system_bundle
  fi
  for name in "${variables[@]}"; do
    suggest "$name" "$bundle"
  done
  suggest UV_NATIVE_TLS true
  cat "${authorities[@]}" >"$ONYXIA_STATE/authorities.pem"
  ! has python3 || attempt "Python's certifi" python3 "$ONYXIA_PARTS/certifi_bundle.py" "$ONYXIA_STATE/authorities.pem"
  if [[ $bundle != "$system_bundle" ]]; then
    configure_programs
  fi
  say "${#authorities[@]} certificate authorities added"
fi

[[ -z $trouble ]] || problem "$trouble"
((unreadable == 0)) || problem "$unreadable of the certificates are none"
[[ -z $given ]] || ((${#authorities[@]})) || problem "$given holds no PEM certificate"
