"""Whether one commit came out of another, as a repository with its whole history knows."""

from __future__ import annotations

from pathlib import Path

from pipegen.gates.reading import CannotJudgeError
from pipegen.ledger.entries import LedgerError
from pipegen.ledger.git import Answer, Git

_WHOLE = "fetch the whole history: git fetch --unshallow, or a checkout of unlimited depth"


def descends(repository: Path, commit: str, ancestor: str) -> bool:
    """Whether `commit` is `ancestor` or came out of it; CannotJudgeError where the repository does not know enough."""
    if commit == ancestor:
        return True
    for each in (commit, ancestor):
        _refuse_unknown(repository, each)
    answer = _git(repository, "merge-base", "--is-ancestor", ancestor, commit)
    if answer.code not in (0, 1):
        raise CannotJudgeError(f"git cannot compare {commit} with {ancestor}: {answer.complaint.strip()}")
    if answer.code == 1 and _is_shallow(repository):
        raise CannotJudgeError(f"the repository has only a part of its history, so nothing follows; {_WHOLE}")
    return answer.code == 0


def _refuse_unknown(repository: Path, commit: str) -> None:
    if _git(repository, "cat-file", "-e", f"{commit}^{{commit}}").code == 0:
        return
    if _is_shallow(repository):
        raise CannotJudgeError(f"the repository has only a part of its history, without commit {commit}; {_WHOLE}")
    advice = "fetch the whole history of all branches; if it was rewritten, go back with the action rollback"
    raise CannotJudgeError(f"the repository does not have commit {commit}; {advice}")


def _is_shallow(repository: Path) -> bool:
    answer = _git(repository, "rev-parse", "--is-shallow-repository")
    if answer.code:
        raise CannotJudgeError(f"{repository} is no git repository: {answer.complaint.strip()}; give --repository")
    return answer.output.strip() == b"true"


def _git(repository: Path, *words: str) -> Answer:
    try:
        return Git().run("-C", str(repository), *words)
    except LedgerError as error:
        raise CannotJudgeError(f"git cannot be asked: {error}") from error
