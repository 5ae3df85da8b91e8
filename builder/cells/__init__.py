"""Cells and images in the store: deltas, their facts, and how they are composed."""
