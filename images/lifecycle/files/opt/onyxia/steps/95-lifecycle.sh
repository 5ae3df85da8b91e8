# shellcheck shell=bash
# How long the image is for use, as its catalog stated when it was put together. Whether its end is past is known at a start.
without "nobody tells how long the image is for use"

status=${CATALOG_IMAGE_STATUS:-} eol=${CATALOG_IMAGE_END_OF_LIFE:-} successor=${CATALOG_IMAGE_SUCCESSOR:-}
instead=${successor:+. Use $successor instead}
today=$(date --utc +%F)

if [[ -n ${CATALOG_IMAGE_YANKED:-} ]]; then
  say "this image was withdrawn: $CATALOG_IMAGE_YANKED$instead"
elif [[ -n $eol && ! $today < $eol ]]; then
  say "this image has been past its end of life since $eol: nobody corrects it any more$instead"
elif [[ $status == preview ]]; then
  say "this image is a preview, which may change or go away"
fi
