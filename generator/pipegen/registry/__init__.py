"""The model registry that pipelines call: versions, aliases, artifacts; adapters alone import its libraries."""
