"""What an upgrade of a release means to the people who use it."""
