"""The model registry that pipelines call: versions, aliases and artifacts; its libraries are imported by adapters alone."""
