# Before its version 5.1, the package curl looks for certificate authorities in the system's file alone.
setHook(packageEvent("curl", "onLoad"), function(...) {
  bundle <- Sys.getenv("CURL_CA_BUNDLE")
  if (!nzchar(bundle) || packageVersion("curl") >= "5.1") return()
  namespace <- asNamespace("curl")
  original <- namespace$new_handle
  unlockBinding("new_handle", namespace)
  assign("new_handle", function(...) original(cainfo = bundle, ...), namespace)
  lockBinding("new_handle", namespace)
})
