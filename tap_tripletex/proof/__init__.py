"""What makes the numbers trustworthy: totals, rights, and what was read whole."""
