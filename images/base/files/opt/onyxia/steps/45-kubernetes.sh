# shellcheck shell=bash
# The names of the pod's namespace and service account, where Kubernetes mounts a token.
without "KUBERNETES_NAMESPACE and KUBERNETES_SERVICE_ACCOUNT are not set"

service_account=/var/run/secrets/kubernetes.io/serviceaccount
[[ -r $service_account/token ]] || return 0
[[ ! -r $service_account/namespace ]] || suggest KUBERNETES_NAMESPACE "$(<"$service_account/namespace")"
name=$(jq -Rer 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson
  | .["kubernetes.io"].serviceaccount.name // (.sub | split(":")[3])' "$service_account/token" 2>/dev/null) || name=
[[ -n $name ]] || problem "the service account's token names no account"
suggest KUBERNETES_SERVICE_ACCOUNT "$name"
