"""The commands of `pipegen registry`; each is imported when it is asked for."""
