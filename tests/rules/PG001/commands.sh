mkdir -p templates/stages/contract.yaml
