"""The same meaning on every CI system, shown by carrying out what is generated."""
