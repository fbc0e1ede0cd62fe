"""Texts of pipegen.toml for tests."""

from __future__ import annotations

PINNED = f'[pipegen]\nversion = "0.1.0"\nsha256 = "{"0" * 64}"\n'

COMPLETE = f"""\
#:schema ../schemas/pipegen-toml.schema.json
format = 1
required-version = ">=0.1, <0.2"

[repository]
host = "azure-repos"
default_branch = "trunk"
targets = ["azure", "jenkins"]

{PINNED}\
index = "https://nexus.example.com/simple"
wheel = "tools/mlops_pipegen-0.1.0.whl"
requirements = "ci/pipegen.txt"

[github.runners]
default = "ubuntu-24.04"
gpu = ["self-hosted", "gpu"]

[github.teams]
ml-release = "acme/ml-release"
"@alice" = "alice-acme"

[github.actions]
"actions/checkout" = {{version = "v7.0.1", commit = "3d3c42e5aac5ba805825da76410c181273ba90b1"}}

[azure.runners]
default = {{image = "ubuntu-24.04"}}
gpu = "gpu-pool"
big = {{pool = "big-pool", demands = ["cuda", "Agent.OS -equals Linux"]}}

[azure.teams]
ml-release = "[ML Platform]\\\\ML Release"

[azure.extends]
template = "governed.yml"
parameter = "body"
parameters = {{costCenter = "ml", strict = true, level = 3}}

[azure.extends.repository]
alias = "templates"
type = "github"
name = "acme/pipeline-templates"
ref = "refs/tags/v3"
endpoint = "github-acme"

[jenkins]
libraries = ["company-ci@3.2.1"]

[jenkins.runners]
default = "linux"
gpu = "linux && gpu"

[jenkins.teams]
ml-release = "ml-release"

[[steps.before]]
title = "Register the run"
run = "./ci/register.sh"
timeout = "5m"

[[steps.before]]
title = "Log in"
run = "./ci/login.sh"

[[steps.after]]
title = "Report costs"
run = '''
./ci/costs.sh
./ci/close.sh
'''

[defaults.runtime]
python = "3.11"
install = "pip install --require-hashes -r requirements.lock"
runner = "default"

[defaults.variables]
REGION = "eu-west-1"

[defaults.secrets.NEXUS_CREDENTIALS]
type = "string"

[defaults.store]
put = "./store.sh put"
get = "./store.sh get"

[defaults.notify]
webhook = "TEAMS_URL"
moments = ["failed", "restored"]

[defaults.archive]
run = "./archive.sh"

[[flow]]
branch = "feat/*"

[[flow]]
branch = "main"
environments = ["staging", "prod"]
from = ["feat/*", "hotfix/*"]
approvals = {{merge = 1}}

[environments.staging]

[environments.prod]
title = "Production"
secrets = ["SNOWFLAKE_TOKEN"]

[environments.prod.approvals]
count = 2
approvers = ["ml-release", "@alice"]
expires = "3d"
"""
