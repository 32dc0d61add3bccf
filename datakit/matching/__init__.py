"""How rows are compared: words, numbers, dates and names, candidate pairs, and who of a cluster stays."""
