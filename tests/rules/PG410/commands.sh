pipegen render --target github
sed -i 's/run: pytest/run: pytest -q/' model-specs/spec.yaml
pipegen render --target github --check
