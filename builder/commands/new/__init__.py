"""The verbs of `catalog new`: scaffolds for what people add to a catalog."""
