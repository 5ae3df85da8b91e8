"""From a lock to files on disk: `catalog fetch`."""
