"""By the name that the reference's images have: add PATH_TO_CA_BUNDLE to certifi's authorities."""

import runpy

runpy.run_path("/opt/onyxia/certifi_bundle.py", run_name="__main__")
