mkdir -p .github/workflows/churn.review.yml
pipegen render --target github
