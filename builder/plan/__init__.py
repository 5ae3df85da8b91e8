"""What is kept, what is built, and why."""
