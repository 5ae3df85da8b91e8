"""Debian's file system: the files that packages share, and what a delta holds."""
