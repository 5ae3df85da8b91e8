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
  for name in SSL_CERT_FILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE PIP_CERT GIT_SSL_CAINFO AWS_CA_BUNDLE NODE_EXTRA_CA_CERTS; do
    suggest "$name" "$bundle"
  done
  suggest UV_NATIVE_TLS true
  cat "${authorities[@]}" >"$ONYXIA_STATE/authorities.pem"
  ! has python3 || attempt "Python's certifi" python3 "$ONYXIA_PARTS/certifi_bundle.py" "$ONYXIA_STATE/authorities.pem"
  say "${#authorities[@]} certificate authorities added"
fi

[[ -z $trouble ]] || problem "$trouble"
((unreadable == 0)) || problem "$unreadable of the certificates are none"
[[ -z $given ]] || ((${#authorities[@]})) || problem "$given holds no PEM certificate"
