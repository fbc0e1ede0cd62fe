git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first
pipegen models --changed-since origin/dev
