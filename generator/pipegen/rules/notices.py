"""Rules about messages to people."""

from __future__ import annotations

from collections.abc import Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding
from pipegen.spec.model import ModelSpec

CODES = {"PG287": "messages go to an address that no secret of the repository holds"}


def webhook(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG287: every run must be able to read the address, so it is a secret that no environment keeps for itself."""
    if spec.notify is None:
        return
    name = spec.notify.webhook
    secret = spec.secrets.get(name)
    if secret is None:
        declared = f"; declared: {', '.join(spec.secrets)}" if spec.secrets else ""
        hint = f"write `secrets: [{name}]` at the top level of the spec{declared}"
        yield Finding(("notify", "webhook"), "PG287", f"{name!r} is not a secret of the repository", hint)
    elif secret.type != "string":
        message = f"{name!r} is a {secret.type}, not an address"
        yield Finding(("notify", "webhook"), "PG287", message, "leave its `type` out")
