"""Generated files and folder snapshots for the tests of what touches the disk."""

from pathlib import Path

from pipegen.header import digest_inputs, with_header
from pipegen.workspace.pruning import Selection

CHURN = "model-specs/churn.yaml"
FRAUD = "model-specs/fraud.yaml"
FOLDERS = (".github/workflows", "azure-pipelines", "jenkins")


def generated(body: str = "name: churn\n", *, spec: str = CHURN, target: str = "azure", inputs: str = "1") -> str:
    return with_header(
        body,
        comment="#",
        target=target,
        spec=spec,
        inputs_digest=digest_inputs({spec: inputs}),
        command=f"pipegen render {spec}",
    )


def by_newer(text: str) -> str:
    return text.replace("pipegen-header: 1 ", "pipegen-header: 2 ")


def put(root: Path, files: dict[str, str]) -> None:
    """Write texts as they are, line ends included."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())


def tree(root: Path) -> dict[str, tuple[int, str | bytes]]:
    """Everything below a folder: mode, and content or where a link leads; folders too, so a left-over one shows."""
    return {place.relative_to(root).as_posix(): _entry(place) for place in sorted(root.rglob("*"))}


def selection(root: Path, *specs: str, **more: object) -> Selection:
    chosen: dict[str, object] = {"targets": frozenset({"azure"}), "folders": FOLDERS, **more}
    return Selection(root=root, specs=frozenset(specs), **chosen)  # type: ignore[arg-type]


def _entry(place: Path) -> tuple[int, str | bytes]:
    mode = place.lstat().st_mode
    if place.is_symlink():
        return mode, str(place.readlink())
    return mode, place.read_bytes() if place.is_file() else b""
