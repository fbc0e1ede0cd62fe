mkdir -p model-specs/bases/rest-model.yaml
pipegen validate
