pipegen render --target github
echo '# mine' >> .github/workflows/churn.review.yml
pipegen render --target github --check
