"""What pipegen costs beside doing nothing and beside the programs nearest to it; `make bench` runs it."""
