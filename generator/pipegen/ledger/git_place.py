"""A ledger on a branch: a private bare repository fetches it, adds one commit on top and pushes that without force."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipegen.ledger.entries import LedgerError
from pipegen.ledger.files import Files
from pipegen.ledger.git import NETWORK_SECONDS, Git
from pipegen.ledger.places import GitPlace

_TIP = "refs/ledger/tip"
_NEXT = "refs/ledger/next"
_ALL = 0x7FFFFFFF
"""What git takes for the depth of a whole history."""
_IDENTITY = "pipegen-ledger <pipegen-ledger@localhost>"
_FILES = ("ledger", "cards", "MODELS.md")
_OVERTAKEN = re.compile(
    r"\[rejected\]|failed to update ref|cannot lock ref|failed to lock|incorrect old value|reference already exists"
    r"|already been updated",
    re.IGNORECASE,
)
_HINTS = {
    "Authentication failed": "check PIPEGEN_LEDGER_TOKEN and PIPEGEN_LEDGER_USERNAME",
    "could not read Username": "set PIPEGEN_LEDGER_TOKEN",
    "returned error: 403": "the token's owner may not do this; check its rights to the repository",
    "Permission denied": "check the key that git uses for this server",
    "Could not resolve host": "check the URL and the network",
    "not found": "check the URL, and whether the token may see the repository",
    "does not appear to be a git repository": "check the URL",
}


class LedgerBranch:
    """The branch as it was fetched last, in a private repository that nobody else sees."""

    def __init__(self, git: Git, branch: str) -> None:
        self._git = git
        self._ref = f"refs/heads/{branch}"
        self.tip = ""

    def fetch(self) -> None:
        """Fetch the newest commit; `tip` is empty if there is no such branch yet."""
        answer = self._git.run(
            "fetch", "--depth=1", "--no-tags", "--quiet", "ledger", f"+{self._ref}:{_TIP}", seconds=NETWORK_SECONDS
        )
        if answer.code == 0:
            self.tip = self._git.done("rev-parse", "--verify", _TIP).decode("ascii").strip()
        elif "couldn't find remote ref" in answer.complaint:
            self.tip = ""
        else:
            raise _unreachable(self._git, "read", answer.complaint)

    def files(self) -> Files:
        """All files of the ledger."""
        if not self.tip:
            return {}
        listing = self._git.done("ls-tree", "-r", "-z", "--name-only", "--full-tree", self.tip, "--", *_FILES)
        return self.some(listing.decode("utf-8", "surrogateescape").split("\0")[:-1])

    def some(self, paths: list[str]) -> Files:
        """Those of the files that exist."""
        if not self.tip:
            return {}
        # Whoever has a line end in a name gets no answer for it, and its file does not belong to a ledger.
        asked = [path for path in paths if "\n" not in path]
        lines = "".join(f"{self.tip}:{path}\n" for path in asked).encode("utf-8", "surrogateescape")
        output = self._git.done("cat-file", "--batch", content=lines)
        return dict(_contents(asked, output))

    def history(self) -> Iterator[tuple[str, str, str]]:
        """Every change of a file of entries, oldest first: commit, path, id of the new content (empty: removed)."""
        # The content of the tip is here, and what was before it is known by the ids in its trees.
        answer = self._git.run(
            "fetch",
            f"--depth={_ALL}",
            "--filter=blob:none",
            "--no-tags",
            "--quiet",
            "ledger",
            f"+{self._ref}:refs/ledger/whole",
            seconds=NETWORK_SECONDS,
        )
        if answer.code:
            raise _unreachable(self._git, "read", answer.complaint)
        log = ("log", "--first-parent", "--full-history", "--reverse", "--raw", "--no-renames", "--no-abbrev")
        output = self._git.done(*log, "--format=%H", self.tip, "--", "ledger")
        return _changes(output.decode("utf-8", "replace"))

    def merges(self) -> list[str]:
        """The commits that have several parents, once `history` was asked for."""
        return self._git.done("rev-list", "--merges", self.tip).decode("ascii").split()

    def commit(self, changes: Mapping[str, bytes], message: str) -> str:
        """A commit on top of the tip, or the first one, with these files changed; its id."""
        self._git.run("update-ref", "-d", _NEXT)
        output = self._git.done("fast-import", "--quiet", content=_import(self.tip, changes, message))
        return output.decode("ascii").strip()

    def push(self, commit: str) -> bool:
        """Push a commit; False if somebody else was faster. Raises LedgerError if the server refuses."""
        answer = self._git.run(
            "push", "--porcelain", "--no-verify", "ledger", f"{commit}:{self._ref}", seconds=NETWORK_SECONDS
        )
        if answer.code == 0:
            return True
        said = answer.output.decode("utf-8", "replace")
        status = "\n".join(line for line in said.splitlines() if line.startswith("!"))
        if not status:
            raise _unreachable(self._git, "written", answer.complaint)
        if _OVERTAKEN.search(f"{status}\n{answer.complaint}"):
            return False
        raise _refused(self._git, status, answer.complaint)


@contextmanager
def opened(place: GitPlace) -> Iterator[LedgerBranch]:
    """The branch, fetched, as long as the block runs."""
    with TemporaryDirectory(prefix="pipegen-ledger-", ignore_cleanup_errors=True) as folder:
        git = Git(Path(folder), place.remote)
        git.done("init", "--bare", "--quiet", "--template=", ".")
        branch = LedgerBranch(git, place.branch)
        branch.fetch()
        yield branch


def _contents(paths: list[str], output: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    for path in paths:
        end = output.index(b"\n", at)
        header, at = output[at:end], end + 1
        if header.endswith((b" missing", b" ambiguous")):
            continue
        size = int(header.rpartition(b" ")[2])
        if b" blob " in header:
            yield path, output[at : at + size]
        at += size + 1


def _changes(log: str) -> Iterator[tuple[str, str, str]]:
    commit = ""
    for line in log.splitlines():
        if line.startswith(":"):
            facts, _, path = line.partition("\t")
            blob = facts.split(" ")[3]
            yield commit, path, blob if blob.strip("0") else ""
        elif line:
            commit = line


def _import(tip: str, changes: Mapping[str, bytes], message: str) -> bytes:
    said = message.encode("utf-8")
    head = f"commit {_NEXT}\nmark :1\ncommitter {_IDENTITY} {int(time.time())} +0000\ndata {len(said)}\n"
    parts = [head.encode("ascii"), said, b"\n", f"from {tip}\n".encode("ascii") if tip else b""]
    for path, content in changes.items():
        parts += [f"M 100644 inline {path}\ndata {len(content)}\n".encode("ascii"), content, b"\n"]
    return b"".join([*parts, b"get-mark :1\n"])


def _unreachable(git: Git, done: str, complaint: str) -> LedgerError:
    said = " ".join(line.strip() for line in complaint.splitlines() if line.strip())
    hints = [hint for words, hint in _HINTS.items() if words in complaint]
    hint = f"; {hints[0]}" if hints else ""
    return LedgerError(f"the ledger at {git.access.url} cannot be {done}: {said or 'git said nothing'}{hint}")


def _refused(git: Git, status: str, complaint: str) -> LedgerError:
    words = [line.removeprefix("remote:").strip() for line in complaint.splitlines() if line.startswith("remote:")]
    said = " ".join(word for word in words if word) or status.replace("\t", " ")
    reason = status[status.rfind("(") :] if "(" in status else ""
    return LedgerError(
        f"{git.access.url} refuses the push {reason}: {said}; "
        "the ledger's identity must be allowed to push to this branch, without force"
    )
