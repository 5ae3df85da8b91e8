{{/* The names are those of the variables that clients of Vault read. Nothing here is secret: pods log in by their tokens. */}}
{{- define "library.objects.secret-openbao-discovery" -}}
{{- $data := dict
      "VAULT_ADDR" (include "library.engine.url" .)
      "VAULT_MOUNT" "secret"
      "VAULT_AUTH_PATH" "kubernetes"
      "VAULT_AUTH_ROLE" "namespace" -}}
{{- include "library.discoverable" (dict "context" . "kind" "vault" "data" $data) -}}
{{- end -}}

{{/* A token with which it asks the cluster for the keys that sign tokens; it carries no rights in the namespace. */}}
{{- define "library.openbao.volumes" -}}
- name: account
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3607
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- end -}}

{{- define "library.openbao.mounts" -}}
- name: account
  mountPath: /var/run/secrets/kubernetes.io/serviceaccount
  readOnly: true
{{- end -}}

{{/* The user logs in; the password is in no argument. */}}
{{- define "library.openbao.test" -}}
jq --null-input '{password: env.OPENBAO_PASSWORD}' |
  curl --fail --silent --show-error --output /dev/null --retry 10 --retry-delay 3 --retry-all-errors --noproxy '*' --json @- {{ include "library.engine.url" . }}/v1/auth/userpass/login/admin
{{- end -}}

{{- define "library.openbao.notes" -}}
{{ include "library.engine.notes" (dict "context" . "user" "admin" "how" (include "library.say" (dict "context" . "en" "Pods of the namespace log in by their own tokens, at `auth/kubernetes` with the role `namespace`, and share what is below `secret/`."))) }}
{{- end -}}
