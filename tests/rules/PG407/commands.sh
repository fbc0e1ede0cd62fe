pipegen render --target github
sed -i 's/pipegen-header: 1/pipegen-header: 99/' .github/workflows/churn.review.yml
pipegen render --target github
