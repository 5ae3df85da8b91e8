"""The rendering of templates, which are code of others, in a sandbox."""
