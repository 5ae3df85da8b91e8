"""What a run leaves in writing."""
