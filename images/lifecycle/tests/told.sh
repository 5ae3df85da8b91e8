#!/bin/bash
# env: CATALOG_IMAGE_END_OF_LIFE=2001-01-01
# A start says what is stated of the image, and the service starts all the same.
set -euo pipefail
said=$(env -u CATALOG_IMAGE_YANKED /opt/onyxia-init.sh echo started 2>&1)
grep -q 'lifecycle: this image has been past its end of life since 2001-01-01' <<<"$said"
grep -qx started <<<"$said"
