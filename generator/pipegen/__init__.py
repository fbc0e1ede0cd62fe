"""One model spec, the same governed ML delivery pipeline on every CI system."""
