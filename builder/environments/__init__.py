"""What people's own files say that an environment holds: requirements.txt and the like."""
