"""Services to Helm charts and their schemas."""
