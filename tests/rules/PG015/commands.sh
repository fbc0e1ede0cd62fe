ln -s /etc/hostname model-specs/outside.yaml
pipegen validate
