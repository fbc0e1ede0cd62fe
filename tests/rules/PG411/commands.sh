pipegen render --check
