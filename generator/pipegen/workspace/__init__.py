"""Files and folders: which specs there are, what stands on disk, and writing, checking and pruning outputs."""

from pipegen.workspace.checking import check, check_paths, check_texts
from pipegen.workspace.findings import CODES
from pipegen.workspace.pruning import Pruned, Selection, generated_files, prune, surplus
from pipegen.workspace.specs import SpecPaths, find_root, spec_paths
from pipegen.workspace.writing import Written, write, write_together

__all__ = [
    "CODES",
    "Pruned",
    "Selection",
    "SpecPaths",
    "Written",
    "check",
    "check_paths",
    "check_texts",
    "find_root",
    "generated_files",
    "prune",
    "spec_paths",
    "surplus",
    "write",
    "write_together",
]
