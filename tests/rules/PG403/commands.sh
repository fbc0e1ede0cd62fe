mkdir ../elsewhere-$$ && ln -s ../elsewhere-$$ .github
pipegen render --target github
