#!/bin/bash
# What `configure` of the most used source packages looks for, each by a package that needs it.
set -euo pipefail
missing=()
for need in xml2:libxml-2.0 curl:libcurl openssl:openssl systemfonts:fontconfig systemfonts:freetype2 textshaping:harfbuzz \
  textshaping:fribidi gert:libgit2 Cairo:cairo Cairo:xt RPostgres:libpq ragg:libtiff-4 ragg:libpng ragg:libjpeg \
  ragg:libwebp pbdZMQ:libzmq data.table:zlib stringi:icu-uc; do
  pkg-config --exists "${need#*:}" || missing+=("$need")
done
((${#missing[@]} == 0)) || { echo "not there: ${missing[*]}" && exit 1; }
cmake --version >/dev/null
cd "$(mktemp -d)"
cat >probe.c <<'C'
#include <R.h>
#include <Rinternals.h>
#include <libxml/parser.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include <git2.h>
#include <cairo.h>
#include <hb.h>
#include <libpq-fe.h>
#include <zmq.h>
SEXP probe(void) { return Rf_mkString(curl_version()); }
C
PKG_CPPFLAGS=$(pkg-config --cflags libxml-2.0 libcurl openssl libgit2 cairo harfbuzz libpq libzmq) \
  PKG_LIBS=$(pkg-config --libs libxml-2.0 libcurl openssl libgit2 cairo harfbuzz libpq libzmq) R CMD SHLIB probe.c >/dev/null
Rscript -e 'dyn.load("probe.so"); stopifnot(grepl("^libcurl", .Call("probe")))'
