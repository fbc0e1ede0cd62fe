"""`python -m pipegen`: the command line."""

from pipegen.cli import main

main()
