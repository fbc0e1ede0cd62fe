"""Gates that generated pipelines call at run time; this package imports nothing outside the standard library."""
