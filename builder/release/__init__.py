"""A release: every image and chart of a run under one digest, staged in a registry, and made public
by moving tags.
"""
