# shellcheck shell=bash
# The S3 server, as each client wants it: AWS_S3_ENDPOINT is a host, with or without its scheme.
without "S3 clients need their endpoint by hand"

[[ -n ${AWS_S3_ENDPOINT:-} ]] || return 0
host=${AWS_S3_ENDPOINT#*://}
host=${host%/}
case $AWS_S3_ENDPOINT:${AWS_ENDPOINT_URL:-} in
  http://* | *":http://$host" | *":http://$host/") scheme=http ;;
  *) scheme=https ;;
esac
suggest AWS_ENDPOINT_URL "$scheme://$host"
suggest S3_ENDPOINT "$scheme://$host"
# MinIO's client takes each part up to the next colon or at sign, as it is
if [[ -n ${AWS_ACCESS_KEY_ID:-} && -n ${AWS_SECRET_ACCESS_KEY:-} ]]; then
  publish MC_HOST_s3 "$scheme://$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY${AWS_SESSION_TOKEN:+:$AWS_SESSION_TOKEN}@$host"
fi
