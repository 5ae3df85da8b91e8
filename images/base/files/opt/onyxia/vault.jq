# The secrets of a KV version 2 answer as key, kind and value, each ended by a zero byte: text that any byte may be part of.
def zeroes: explode | any(. == 0);
.data.data
| (.[".onyxia"] | if type == "string" then fromjson? // {} else . // {} end | .keysOrdering?) as $ordering
| . as $all
| ($ordering // keys)[]
| select(. != ".onyxia" and (zeroes | not) and ($all | has(.) | not | not)) as $key
| ($all[$key] | if type == "string" then . else tojson end) as $value
| if $value | zeroes then [$key, "nul", ""] else [$key, "text", $value] end
| .[] + "\u0000"
