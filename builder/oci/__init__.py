"""Manifests, layers and the store."""
