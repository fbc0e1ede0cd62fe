printf 'pipegen: 1\n# %s\n' "$(head -c 1100000 /dev/zero | tr '\0' x)" > model-specs/large.yaml
