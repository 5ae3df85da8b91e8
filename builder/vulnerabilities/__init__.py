"""Which vulnerabilities images hold, and what a catalog says of them: values to values."""
