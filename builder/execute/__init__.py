"""Missing cells to deltas, on an engine."""
