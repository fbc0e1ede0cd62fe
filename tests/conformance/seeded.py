"""All seeded changes, of all targets."""

from __future__ import annotations

from conformance import mutations_azure, mutations_github, mutations_gitlab, mutations_jenkins

MUTATIONS = (
    *mutations_azure.MUTATIONS,
    *mutations_github.MUTATIONS,
    *mutations_gitlab.MUTATIONS,
    *mutations_jenkins.MUTATIONS,
)
