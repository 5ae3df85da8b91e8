"""Images to findings."""
