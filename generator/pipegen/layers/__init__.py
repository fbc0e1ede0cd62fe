"""A spec as the layers that say it: itself, the base that it extends, and what pipegen.toml says for all specs.

They are merged as plain data before the shape is judged; every value keeps its place in the file that holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipegen.diagnostics import Diagnostic, Finding, Located
from pipegen.layers.merging import mapping_over
from pipegen.layers.origins import Branch, Origins
from pipegen.layers.shared import Data, with_shared
from pipegen.source import Source

__all__ = ["Layered", "layered"]


@dataclass(frozen=True, slots=True)
class Layered:
    """A spec out of several files; `name` and `text` are those of the spec itself, `data` is for reading only.

    `inputs` are the texts of the other files that it is made from, by path. `disagreements` are what it says against
    pipegen.toml.
    """

    name: str
    text: str
    data: Data
    origins: Origins
    inputs: Mapping[str, str]
    disagreements: tuple[Diagnostic, ...]

    def diagnostic(self, finding: Finding, *, at_key: bool = False) -> Diagnostic:
        """The finding at its place in the file that holds it."""
        return self.origins.diagnostic(finding, at_key=at_key)


def layered(spec: Source, base: Source | None, shared: Located | None) -> Source | Layered:
    """The spec over its base over what is shared; the spec itself where there is neither."""
    if base is None and shared is None:
        return spec
    origins = Origins(spec, {})
    data: Data = dict(spec.data)
    if base is not None:
        data = mapping_over(origins, (), data, Branch(base.data, base))
    inputs = {} if base is None else {base.name: base.text}
    if shared is None:
        return Layered(spec.name, spec.text, data, origins, inputs, ())
    data, disagreements = with_shared(origins, data, shared)
    return Layered(spec.name, spec.text, data, origins, inputs, disagreements)
