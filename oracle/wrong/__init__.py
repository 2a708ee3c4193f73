"""Wrong pullbacks of each rule, as they are written in earnest: one file per family."""
