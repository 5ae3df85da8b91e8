{{/* The AI assistant's settings, as JSON: those of `ai`, or the ones that stood under `userPreferences.aiAssistant` in the past. */}}
{{- define "jupyter-r.ai" -}}
{{- $ai := deepCopy (.Values.ai | default dict) -}}
{{- $past := (.Values.userPreferences).aiAssistant | default dict -}}
{{- if and $past.enabled (not $ai.enabled) -}}
{{- $provider := $past.provider | default "openai" -}}
{{- $active := dict "id" $provider "name" $provider "provider" $provider "apiBase" $past.apiBase "apiKey" $past.apiKey "selectedModel" $past.model "models" (list $past.model) -}}
{{- $ai = dict "enabled" true "secretName" ($past.secretName | default "") "activeProvider" $active "providers" list -}}
{{- end -}}
{{- $providers := list -}}
{{- if $ai.enabled -}}
{{- range prepend ($ai.providers | default list) ($ai.activeProvider | default dict) -}}
{{- if .id -}}
{{- $models := compact (prepend (.models | default list) (.selectedModel | default "")) | uniq -}}
{{- $providers = append $providers (merge (dict "models" $models) .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson (merge (dict "providers" $providers) $ai) -}}
{{- end -}}

{{- define "jupyter-r.ai.variables" -}}
{{- $ai := include "jupyter-r.ai" . | fromJson }}
{{- if $ai.enabled }}
OPENAI_API_KEY: {{ ($ai.activeProvider).apiKey | default "" | quote }}
OPENAI_BASE_URL: {{ ($ai.activeProvider).apiBase | default "" | quote }}
{{- end }}
{{- end -}}

{{/* Configuration of the Continue extension. */}}
{{- define "jupyter-r.ai.continue" -}}
{{- with (include "jupyter-r.ai" . | fromJson).providers }}
{{- $models := list }}
{{- range $provider := . }}
{{- range $provider.models }}
{{- $name := eq ($provider.provider | default "") "openai-compatible" | ternary "openai" ($provider.provider | default "openai") }}
{{- $model := dict "name" (printf "%s / %s" ($provider.name | default $provider.id) .) "model" . "provider" $name }}
{{- with $provider.apiBase }}{{ $_ := set $model "apiBase" . }}{{ end }}
{{- with $provider.apiKey }}{{ $_ := set $model "apiKey" . }}{{ end }}
{{- $models = append $models $model }}
{{- end }}
{{- end }}
{{- $context := list }}
{{- range list "problems" "tree" "clipboard" "url" "search" "folder" "codebase" "open" "docs" "terminal" "currentFile" "diff" "code" "file" }}
{{- $context = append $context (dict "provider" .) }}
{{- end }}
{{- $duckdb := dict "name" "DuckDB" "command" "uvx" "args" (list "mcp-server-motherduck" "--allow-switch-databases" "--read-write" "--db-path" ":memory:") }}
.continue/config.yaml: {{ dict "name" "config" "version" "0.0.2" "models" $models "context" $context "mcpServers" (list $duckdb) | toYaml | quote }}
{{- end }}
{{- end -}}

{{/* Configuration of opencode. */}}
{{- define "jupyter-r.ai.opencode" -}}
{{- $ai := include "jupyter-r.ai" . | fromJson }}
{{- with $ai.providers }}
{{- $packages := dict "anthropic" "@ai-sdk/anthropic" "mistral" "@ai-sdk/mistral" "openai" "@ai-sdk/openai" }}
{{- $providers := dict }}
{{- range . }}
{{- $models := dict }}
{{- range .models }}{{ $_ := set $models . dict }}{{ end }}
{{- $options := dict "baseURL" (.apiBase | default "") "apiKey" (.apiKey | default "") }}
{{- $_ := set $providers .id (dict "npm" (get $packages (.provider | default "") | default "@ai-sdk/openai-compatible") "name" (.name | default .id) "options" $options "models" $models) }}
{{- end }}
{{- $config := dict "$schema" "https://opencode.ai/config.json" "provider" $providers }}
{{- with $ai.activeProvider }}
{{- if and .id .selectedModel }}{{ $_ := set $config "model" (printf "%s/%s" .id .selectedModel) }}{{ end }}
{{- end }}
.config/opencode/opencode.jsonc: {{ toPrettyJson $config | quote }}
{{- end }}
{{- end -}}

{{/* Configuration of jupyter-ai, which takes the key from OPENAI_API_KEY. */}}
{{- define "jupyter-r.ai.jupyter" -}}
{{- with (include "jupyter-r.ai" . | fromJson).activeProvider }}
{{- if and .id .selectedModel }}
{{- $model := printf "openai-chat:%s" .selectedModel }}
{{- $fields := dict $model (dict "openai_api_base" (.apiBase | default "")) }}
{{- $config := dict "model_provider_id" $model "embeddings_provider_id" nil "send_with_shift_enter" false "fields" $fields "api_keys" dict "completions_model_provider_id" nil "completions_fields" dict "embeddings_fields" dict }}
.local/share/jupyter/jupyter_ai/config.json: {{ toPrettyJson $config | quote }}
{{- end }}
{{- end }}
{{- end -}}
