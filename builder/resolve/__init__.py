"""From what cells ask for to exact files: `catalog lock`."""
