printf 'pipegen: 1\n' > 'model-specs/a"b.yaml'
pipegen validate
