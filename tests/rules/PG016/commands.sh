pipegen validate model-specs/chrun.yaml
