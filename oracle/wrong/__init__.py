"""Wrong pullbacks, by the name of their rule: one file per family."""
