mkdir -p .github/workflows
echo 'name: mine' > .github/workflows/churn.review.yml
pipegen render
