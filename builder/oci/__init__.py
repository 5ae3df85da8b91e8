"""The OCI store: blobs, layers, and the image layout on disk."""
