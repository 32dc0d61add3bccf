"""`python -m datakit` is the `datakit` command."""

from datakit.cli import main

main()
