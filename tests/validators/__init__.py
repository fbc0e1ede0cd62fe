"""The CI vendors' own parsers and this project's own rules, run over generated files."""
