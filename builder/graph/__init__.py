"""The catalog at its matrix points: cells and images."""
