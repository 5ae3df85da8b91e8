"""Built cells that others have, in a registry or in a file: each is checked before it is taken."""
