"""The thin commands of the gates: options, reading, and the pure functions that judge."""
