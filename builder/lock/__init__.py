"""What everything resolved to at one moment."""
