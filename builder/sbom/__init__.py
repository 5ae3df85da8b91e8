"""Bills of materials of images, as values: what was recorded of cells, to documents."""
