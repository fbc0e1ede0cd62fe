pipegen render --target github
sed -i 's/name: churn/name: renamed/' model-specs/spec.yaml
pipegen render --target github
pipegen render --target github --check
