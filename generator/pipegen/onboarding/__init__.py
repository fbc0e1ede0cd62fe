"""How people come to pipegen, work with it every day, and leave it: files and words that no pipeline is made of."""
