"""A picture of a delivery with its gates, approvals and ways back, for engineers and stakeholders."""

from pipegen.explanation.picture.mermaid import as_mermaid
from pipegen.explanation.picture.reading import picture
from pipegen.explanation.picture.svg import as_svg

__all__ = ["as_mermaid", "as_svg", "picture"]
