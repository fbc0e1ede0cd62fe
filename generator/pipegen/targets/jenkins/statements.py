"""What methods of a Jenkinsfile do, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Value:
    """A variable of a script: its text, or where it comes from."""

    name: str
    text: str | None = None
    published: str | None = None
    parameter: str | None = None
    approval: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential and the variable that it is bound to, for a pair NAME_USERNAME and NAME_PASSWORD."""

    kind: Literal["string", "file", "usernamePassword"]
    id: str
    variable: str


@dataclass(frozen=True, slots=True)
class Bash:
    """A bash script. `values` come on top of the job's, or stand for all of them if `alone`."""

    title: str
    minutes: int
    text: str
    values: tuple[Value, ...] = ()
    alone: bool = False
    kind: Literal["bash"] = "bash"


@dataclass(frozen=True, slots=True)
class CheckOut:
    """The repository in an empty workspace."""

    kind: Literal["checkout"] = "checkout"


@dataclass(frozen=True, slots=True)
class Milestone:
    """From here on older runs of the job are superseded."""

    ordinal: int
    kind: Literal["milestone"] = "milestone"


@dataclass(frozen=True, slots=True)
class Publish:
    """Reads what a job publishes; `text` checks it and writes it down."""

    job: str
    text: str
    kind: Literal["publish"] = "publish"


@dataclass(frozen=True, slots=True)
class HandOver:
    """Keeps a file for later jobs under `stash`, and for people."""

    stash: str
    folder: str
    file: str
    kind: Literal["hand over"] = "hand over"


@dataclass(frozen=True, slots=True)
class Fetch:
    """Gets the file that another job kept under `stash`."""

    stash: str
    folder: str
    kind: Literal["fetch"] = "fetch"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the deployment to an environment is."""

    environment: str
    progress: Literal["started", "begun", "complete"]
    kind: Literal["mark"] = "mark"


@dataclass(frozen=True, slots=True)
class Tests:
    """A JUnit file for people."""

    file: str
    kind: Literal["tests"] = "tests"


@dataclass(frozen=True, slots=True)
class Summary:
    """A job's summary for people."""

    job: str
    kind: Literal["summary"] = "summary"


# Statements around statements.


@dataclass(frozen=True, slots=True)
class Limited:
    """At most so many minutes, once there is an agent."""

    minutes: int
    body: tuple[Statement, ...]
    kind: Literal["limited"] = "limited"


@dataclass(frozen=True, slots=True)
class Ensured:
    """`always` runs however `body` ended."""

    body: tuple[Statement, ...]
    always: tuple[Statement, ...]
    kind: Literal["ensured"] = "ensured"


@dataclass(frozen=True, slots=True)
class Bound:
    """With credentials."""

    credentials: tuple[Credential, ...]
    body: tuple[Statement, ...]
    kind: Literal["bound"] = "bound"


@dataclass(frozen=True, slots=True)
class Advisory:
    """Its failure is shown and changes no result."""

    body: tuple[Statement, ...]
    kind: Literal["advisory"] = "advisory"


@dataclass(frozen=True, slots=True)
class Unheeded:
    """Whatever becomes of it, an end by a person or by a time limit included, changes no result."""

    body: tuple[Statement, ...]
    kind: Literal["unheeded"] = "unheeded"


@dataclass(frozen=True, slots=True)
class IfBegun:
    """Only if the deployment began and did not complete."""

    environment: str
    body: tuple[Statement, ...]
    kind: Literal["if begun"] = "if begun"


@dataclass(frozen=True, slots=True)
class IfStarted:
    """Only if the first job of the deployment got an agent."""

    environment: str
    body: tuple[Statement, ...]
    kind: Literal["if started"] = "if started"


@dataclass(frozen=True, slots=True)
class OnAgent:
    """On an agent of its own."""

    label: str
    body: tuple[Statement, ...]
    kind: Literal["on agent"] = "on agent"


@dataclass(frozen=True, slots=True)
class InImage:
    """In a container."""

    image: str
    body: tuple[Statement, ...]
    kind: Literal["in image"] = "in image"


Leaf = Bash | CheckOut | Milestone | Publish | HandOver | Fetch | Mark | Tests | Summary
Block = Limited | Ensured | Bound | Advisory | Unheeded | IfBegun | IfStarted | OnAgent | InImage
Statement = Leaf | Block


@dataclass(frozen=True, slots=True)
class Method:
    """A method without arguments; `values` are the variables of all its scripts."""

    name: str
    comment: str
    values: tuple[Value, ...]
    body: tuple[Statement, ...]
