# The secrets of a KV version 2 answer as key, kind and value, each ended by a zero byte: what may be in them is any other.
def zeroes: explode | any(. == 0);
.data.data as $all
| ($all[".onyxia"] | if type == "string" then fromjson? else . end | .keysOrdering?) as $ordering
| ($ordering // ($all | keys))[] as $key
| select($key != ".onyxia" and ($key | zeroes | not) and ($all | has($key)))
| ($all[$key] | if type == "string" then . else tojson end) as $value
| (if $value | zeroes then [$key, "nul", ""] else [$key, "text", $value] end)[] + "\u0000"
