#!/bin/bash
# What `configure` of sf, terra, units, magick and rJava looks for.
set -euo pipefail
pkg-config --exists gdal geos proj Magick++
gdal-config --version && geos-config --version
cd "$(mktemp -d)"
cat >probe.cpp <<'C'
#include <gdal.h>
#include <geos_c.h>
#include <proj.h>
#include <udunits2.h>
#include <Magick++.h>
#include <jni.h>
#include <Rinternals.h>
extern "C" SEXP probe() {
  JavaVM *machine;
  jsize count;
  JNI_GetCreatedJavaVMs(&machine, 1, &count);
  return Rf_mkString((std::string(GDALVersionInfo("RELEASE_NAME")) + GEOSversion() + ut_get_path(0, 0)).c_str());
}
C
sed -i 's/ + ut_get_path(0, 0)//; s/^  JavaVM \*machine;/  ut_free_system(0);\n&/' probe.cpp
PKG_CPPFLAGS="$(pkg-config --cflags gdal geos proj Magick++) $(R CMD config JAVA_CPPFLAGS)" \
  PKG_LIBS="$(pkg-config --libs gdal geos proj Magick++) -ludunits2 $(R CMD config JAVA_LIBS)" R CMD SHLIB probe.cpp >/dev/null 2>log || { cat log && exit 1; }
Rscript -e 'dyn.load("probe.so"); stopifnot(nzchar(.Call("probe")))'
