"""Running git: nobody is asked, nothing of the user's repository is touched, and secrets stay out of sight."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from pipegen.ledger.entries import LedgerError

NETWORK_SECONDS = 60
"""How long one fetch or push may take."""

_SETTINGS = {
    "commit.gpgsign": "false",
    "core.hooksPath": os.devnull,
    "fetch.fsckObjects": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "20",
    "push.followTags": "false",
    "push.gpgSign": "false",
    "push.recurseSubmodules": "no",
    "protocol.version": "2",
}
_OF_A_REPOSITORY = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_CONFIG",
    "GIT_DEFAULT_HASH",
)
_OTHER_SCHEMES = ("http", "https", "file", "git", "ext")
# The shell's own printf: the token is in the environment of this helper and in no argument.
_HELPER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" '
    '"$PIPEGEN_LEDGER_USERNAME" "$PIPEGEN_LEDGER_TOKEN"; }; f'
)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a git command ended; `complaint` is what it said to people, without secrets."""

    code: int
    output: bytes
    complaint: str


@dataclass(frozen=True, slots=True)
class Access:
    """The URL of a repository without what is secret in it, and the credentials for its server alone."""

    url: str = ""
    username: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @classmethod
    def to(cls, remote: str) -> Access:
        """Access by PIPEGEN_LEDGER_TOKEN, else by the password in the URL, else by what git itself knows."""
        token = os.environ.get("PIPEGEN_LEDGER_TOKEN", "")
        if not remote.lower().startswith(("http://", "https://")):
            return cls(remote)
        try:
            parts = urlsplit(remote)
            password, user = parts.password, parts.username
        except ValueError as error:
            raise LedgerError(f"the ledger's URL cannot be read: {error}") from error
        if not token and password is None:
            return cls(remote)
        bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        if token:
            return cls(
                bare, os.environ.get("PIPEGEN_LEDGER_USERNAME") or unquote(user or "") or "x-access-token", token
            )
        return cls(bare, unquote(user or ""), unquote(password or ""))

    @property
    def is_by_ssh(self) -> bool:
        scheme, colon, _ = self.url.partition(":")
        return bool(colon) and "/" not in scheme and scheme.lower() not in _OTHER_SCHEMES

    def settings(self) -> list[tuple[str, str]]:
        """Settings of git that give the credentials to that server, and to no other it may lead to."""
        if not self.token:
            return []
        parts = urlsplit(self.url)
        server = f"{parts.scheme}://{parts.netloc}"
        return [("credential.helper", ""), (f"credential.{server}.helper", _HELPER)]

    def without_secrets(self, text: str) -> str:
        for secret in {self.token, quote(self.token, safe="")} - {""}:
            text = text.replace(secret, "***")
        return text


class Git:
    """git in one folder, with one remote called `ledger`."""

    def __init__(self, folder: Path | None = None, remote: str = "") -> None:
        self.access = Access.to(remote)
        self._folder = folder
        self._environment = _environment(self.access)
        if self.access.is_by_ssh and not {"GIT_SSH", "GIT_SSH_COMMAND"} & os.environ.keys():
            # A password or the key of an unknown host would be asked for at a terminal where nobody may be.
            ssh = self.answer("config", "core.sshCommand") or "ssh"
            self._environment["GIT_SSH_COMMAND"] = f"{ssh} -o BatchMode=yes -o ConnectTimeout=20"

    def run(self, *words: str, content: bytes = b"", seconds: float | None = None) -> Answer:
        """Run a command to its end, or stop it and all that it started after `seconds`."""
        try:
            process = subprocess.Popen(  # noqa: S603  (git, with words of this package)
                ["git", *words],  # noqa: S607  (whichever git the machine has)
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,
            )
        except OSError as error:
            raise LedgerError(f"git cannot be started: {error.strerror}; install it, or use --folder DIR") from error
        try:
            output, complaint = process.communicate(content, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            raise LedgerError(f"{self.access.url} did not answer within {seconds:.0f} seconds") from error
        finally:
            _stop(process)
        return Answer(process.returncode, output, self.access.without_secrets(complaint.decode("utf-8", "replace")))

    def done(self, *words: str, content: bytes = b"") -> bytes:
        """The output of a command that has to succeed."""
        answer = self.run(*words, content=content)
        if answer.code:
            raise LedgerError(f"git {words[0]} failed: {answer.complaint.strip()}")
        return answer.output

    def answer(self, *words: str) -> str | None:
        """The output of a question to git, without the line end; None if git has no answer."""
        answer = self.run(*words)
        return answer.output.decode("utf-8", "surrogateescape").rstrip("\n") if answer.code == 0 else None


def _environment(access: Access) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_TRACE_REDACT": "1"}
    environment.pop("PIPEGEN_LEDGER_TOKEN", None)
    if access.token:
        environment |= {"PIPEGEN_LEDGER_USERNAME": access.username, "PIPEGEN_LEDGER_TOKEN": access.token}
        environment["GIT_ASKPASS"] = ""
    settings = [*_SETTINGS.items(), *access.settings()]
    if access.url:
        settings += [("remote.ledger.url", access.url)]
    given = environment.get("GIT_CONFIG_COUNT", "")
    first = int(given) if given.isdecimal() else 0
    for number, (key, value) in enumerate(settings, first):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return environment | {"GIT_CONFIG_COUNT": str(first + len(settings))}


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Nothing that git started stays behind: its helpers hold on to a connection that nobody waits for."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()
