#!/usr/bin/env Rscript
# timeout: 120
# The kernel that its description starts listens where it was told to.
description <- jsonlite::fromJSON("/usr/local/share/jupyter/kernels/ir/kernel.json")
stopifnot(description$language == "R")
connection <- tempfile(fileext = ".json")
ports <- 45671:45675
names(ports) <- c("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")
settings <- c(as.list(ports), list(ip = "127.0.0.1", transport = "tcp", key = "", signature_scheme = "hmac-sha256"))
jsonlite::write_json(settings, connection, auto_unbox = TRUE)
kernel <- processx::process$new(description$argv[1], sub("{connection_file}", connection, description$argv[-1], fixed = TRUE))
listens <- function(port) {
  socket <- try(suppressWarnings(socketConnection(port = port, open = "r+b", timeout = 2)), silent = TRUE)
  if (inherits(socket, "try-error")) return(FALSE)
  close(socket)
  TRUE
}
for (attempt in 1:300) {
  stopifnot(kernel$is_alive())
  if (all(vapply(ports, listens, logical(1)))) break
  Sys.sleep(0.2)
}
stopifnot(all(vapply(ports, listens, logical(1))))
kernel$kill()
