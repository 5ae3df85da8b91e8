"""The benchmark: the same images by chains, and by this program."""
