"""Where the files that are shipped with pipegen are: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
_INSTALLED = (PACKAGE / "templates").is_dir()
_ROOT = PACKAGE if _INSTALLED else PACKAGE.parent.parent

TEMPLATES = _ROOT / "templates"
SCHEMAS = _ROOT / "schemas"
DOCS = _ROOT / "docs"
