# For R, in any session: the service's environment, its package mirrors, and its project in RStudio.

# Kept by the start script as NAME=VALUE, each ended by a zero byte.
restore <- function(file) {
  bytes <- readBin(file, "raw", file.size(file))
  ends <- which(bytes == 0)
  starts <- c(1, ends + 1)[seq_along(ends)]
  pairs <- mapply(function(from, to) rawToChar(bytes[from:to]), starts, ends - 1)
  values <- as.list(sub("^[^=]*=", "", pairs, useBytes = TRUE))
  names(values) <- sub("=.*", "", pairs, useBytes = TRUE)
  do.call(Sys.setenv, values)
}
if (!nzchar(Sys.getenv("ONYXIA_SESSION"))) {
  uid <- file.info(tempdir())$uid
  kept <- paste0(c("/var/lib/onyxia/", "/tmp/onyxia-", "/dev/shm/onyxia-"), uid, "/environment")
  kept <- kept[file.access(kept, 4) == 0]
  if (length(kept)) restore(kept[1])
}

repositories <- getOption("repos")
manager <- Sys.getenv("PACKAGE_MANAGER_URL")
mirror <- Sys.getenv("R_REPOSITORY")
if (nzchar(manager) || nzchar(mirror)) {
  repositories <- repositories[names(repositories) != "CRAN"]
  if (nzchar(mirror)) repositories <- c(LocalRepository = mirror, repositories)
  if (nzchar(manager)) {
    release <- grep("^VERSION_CODENAME=", readLines("/etc/os-release"), value = TRUE)
    codename <- gsub("^VERSION_CODENAME=|\"", "", release)
    minor <- sub("[.].*", "", R.version$minor)
    binaries <- sprintf("%s/latest/bin/linux/%s-%s/%s.%s", sub("/+$", "", manager), codename, R.version$arch, R.version$major, minor)
    repositories <- c(PackageManager = binaries, repositories)
    # The manager tells by this header which binaries to send.
    options(HTTPUserAgent = sprintf("R/%s R (%s)", getRversion(), paste(getRversion(), R.version$platform, R.version$arch, R.version$os)))
  }
  options(repos = repositories, renv.config.repos.override = repositories)
}

repository <- Sys.getenv("GIT_REPOSITORY")
if (nzchar(repository)) {
  project <- file.path(Sys.getenv("ROOT_PROJECT_DIRECTORY"), sub("[.]git$", "", basename(repository)))
  setHook("rstudio.sessionInit", function(newSession) {
    if (newSession && dir.exists(project) && identical(getwd(), Sys.getenv("WORKSPACE_DIR"))) rstudioapi::openProject(project)
  }, action = "append")
}
