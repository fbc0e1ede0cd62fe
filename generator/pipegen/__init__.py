"""One model spec, the same governed ML delivery pipeline on every CI system."""

__version__ = "0.1.0"
