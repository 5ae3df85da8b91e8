#!/bin/bash
# timeout: 300
# pandoc writes PDF, with formulas, a table, code and letters beyond ASCII, whoever runs it.
set -euo pipefail
cd "$(mktemp -d)"
cat >a.md <<'END'
# Größe

$\int_0^1 x^2 dx$

| a | b |
|---|---|
| 1 | 2 |

```python
print(1)
```
END
for engine in xelatex pdflatex; do
  pandoc a.md --pdf-engine=$engine -o $engine.pdf
  [[ $(head -c 4 $engine.pdf) == %PDF ]]
done
