# r, install2.r and installGithub.r do not read the profile that R_PROFILE names: the service's package mirrors for them.
if (is.null(getOption("onyxia.profile"))) {
  options(onyxia.profile = TRUE)
  source("/opt/onyxia/session.R", local = new.env(parent = baseenv()))
}
