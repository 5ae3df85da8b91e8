"""catalog.yaml and layer.yaml to a Catalog."""
