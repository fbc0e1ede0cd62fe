mkdir -p model-specs/bases
ln -s /etc/hostname model-specs/bases/rest-model.yaml
pipegen validate
