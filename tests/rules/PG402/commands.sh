pipegen render --target github
echo '# mine' >> .github/workflows/churn.review.yml
sed -i 's/name: churn/name: renamed/' model-specs/spec.yaml
pipegen render --target github --prune
