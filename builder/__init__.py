"""One catalog.yaml becomes a matrix of layered container images and a Helm chart for each
service.
"""
