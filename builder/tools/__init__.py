"""One module for each program: each knows its arguments, none knows the catalog."""
