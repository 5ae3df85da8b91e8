"""Cells and images to Dockerfiles and build contexts."""
