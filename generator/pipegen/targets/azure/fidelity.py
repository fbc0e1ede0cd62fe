"""Short forms of what a target says about an item."""

from __future__ import annotations

from functools import partial

from pipegen.delivery import Capability, Fidelity

exact = partial(Capability, fidelity=Fidelity.EXACT)
with_settings = partial(Capability, fidelity=Fidelity.WITH_SETTINGS)
approximated = partial(Capability, fidelity=Fidelity.APPROXIMATED)
unsupported = partial(Capability, fidelity=Fidelity.UNSUPPORTED)
