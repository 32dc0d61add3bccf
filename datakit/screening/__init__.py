"""How faults of a text are recognised: patterns, word lists and checks that the row stages share."""
