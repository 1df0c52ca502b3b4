"""Figures, printed as ratios to a named peer in the same run. Nothing here is asserted."""
