"""What is said of an image, a chart or a release, and signed: in-toto statements, Sigstore's
bundles, and the keys that these are checked with.
"""
