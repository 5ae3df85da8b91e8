"""The verbs of `catalog chart`: one module each, named as the user types it."""
