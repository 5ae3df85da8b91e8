"""One module for each program. A module knows the program's arguments, and not the catalog."""
