"""A picture as a Mermaid flowchart, in the part of its language that every host renders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from textwrap import wrap

from pipegen.explanation.picture.meanings import ENTRIES, TITLE
from pipegen.explanation.picture.typography import printable
from pipegen.explanation.picture.values import Chain, Frame, Kind, Lane, Node, Picture, Unit

_SHAPES = {
    Kind.GATE: ('{{"', '"}}'),
    Kind.APPROVAL: ('("', '")'),
    Kind.BRANCH: ('(["', '"])'),
    Kind.START: ('(["', '"])'),
    Kind.RECORD: ('[("', '")]'),
}
_CLASSES = {
    Kind.WORK: "fill:#ffffff,stroke:#9aa5b1,color:#1f2933",
    Kind.CHANGE: "fill:#e1eefb,stroke:#2b6cb0,color:#1f2933",
    Kind.GATE: "fill:#e3f5ea,stroke:#2f855a,color:#1f2933",
    Kind.APPROVAL: "fill:#fff3d1,stroke:#b7791f,color:#1f2933",
    Kind.RECORD: "fill:#ffffff,stroke:#52606d,color:#1f2933",
    Kind.BACK: "fill:#fdeceb,stroke:#c53030,color:#1f2933,stroke-dasharray:5 4",
    Kind.ALWAYS: "fill:#ffffff,stroke:#7b8794,color:#1f2933,stroke-dasharray:5 4",
    Kind.BRANCH: "fill:#243b53,stroke:#243b53,color:#ffffff",
    Kind.MERGE: "fill:#ffffff,stroke:#243b53,color:#1f2933",
    Kind.START: "fill:#486581,stroke:#486581,color:#ffffff",
}
_LINE = 25
_PANEL = "fill:transparent,stroke:#829ab1"
"""Of no color, so that the lines on it are seen on light and dark pages."""

_PLAIN = re.compile(r"(?<=[A-Za-z0-9])[-_/](?=[A-Za-z0-9])|(?<=[0-9])\.(?=[0-9])|[A-Za-z0-9 ,]")
"""What may stand as it is. One version or another might read anything else as syntax, Markdown, HTML or a link."""

_PAIRS = (
    "\\n",
    "$$",
    ":fa-",
    "\N{LATIN SMALL LIGATURE FL}\N{DEGREE SIGN}",
    "\N{PILCROW SIGN}\N{LATIN SMALL LETTER SHARP S}",
)
"""A line break, a formula, an icon, and the marks by which Mermaid remembers a character written as a number."""


def as_mermaid(picture: Picture) -> str:
    """The whole diagram, ending with a newline; `graph` because not every host knows `flowchart`."""
    chart = _Chart()
    chart.picture(picture)
    classes = [f"  classDef {kind.value} {look}" for kind, look in _CLASSES.items()]
    panels = [f"  classDef panel {_PANEL}", f"  class {','.join(chart.panels)} panel"]
    return "\n".join(("graph LR", *chart.lines, *classes, *panels)) + "\n"


def escaped(text: str) -> str:
    """Text for a quoted label, in which nothing has a meaning; Mermaid writes a character as #number; where it must."""
    shown = _separated(printable(text))
    kept = {match.start() for match in _PLAIN.finditer(shown)}
    return "".join(each if position in kept else f"#{ord(each)};" for position, each in enumerate(shown))


def _broken(text: str) -> list[str]:
    """In lines, because not every version breaks them by itself."""
    return wrap(printable(text), _LINE, break_long_words=False, break_on_hyphens=False) or [text]


def _separated(text: str) -> str:
    """With nothing to see between characters that Mermaid reads together even where they are written as numbers."""
    for pair in _PAIRS:
        text = text.replace(pair, f"{pair[0]}\N{WORD JOINER}{pair[1:]}")
    return text


@dataclass(frozen=True, slots=True)
class _Ends:
    """The nodes by which one comes in and goes out."""

    entries: tuple[str, ...]
    exits: tuple[str, ...]


@dataclass(slots=True)
class _Chart:
    """The lines written so far; nodes and panels are numbered."""

    lines: list[str] = field(default_factory=list)
    panels: list[str] = field(default_factory=list)
    count: int = 0

    def picture(self, picture: Picture) -> None:
        before: tuple[Lane, str] | None = None
        for lane in picture.promotion:
            linked = before is not None and set(before[0].names) & set(lane.sources)
            before = lane, self.lane(lane, before[1] if before and linked else None)
        for lane in picture.besides:
            self.lane(lane, None)
        self.legend()

    def legend(self) -> None:
        """In a row, joined by lines: what is not joined is stacked, and some versions turn a panel of its own."""
        row = [self.node(Node(Kind.MERGE, (TITLE,)))]
        row += [self.node(replace(sample, lines=(meaning,))) for sample, meaning in ENTRIES]
        for left, right in pairwise(row):
            self.link((left,), (right,), "---")

    def lane(self, lane: Lane, before: str | None) -> str:
        """What the event starts; returns the node of the event itself."""
        for node in (lane.merge, lane.start):
            if node is not None:
                name = self.node(node)
                self.link((before,) if before else (), (name,))
                before = name
        start = before or ""
        for track in lane.tracks:
            exits: tuple[str, ...] = (start,)
            for frame in track:
                exits = self.frame(frame, exits)
        return start

    def frame(self, frame: Frame, exits: tuple[str, ...]) -> tuple[str, ...]:
        """A phase after `exits`; returns where it is left."""
        condition = frame.condition
        if frame.before is not None:
            asked = self.node(frame.before)
            self.link(exits, (asked,), label=condition)
            exits, condition = (asked,), ""
        if frame.title:
            self.open(f"{frame.title}, environment {frame.environment}" if frame.environment else frame.title)
        ends = tuple(self.parts(frame))
        if frame.title:
            self.lines.append("  end")
        for part in ends:
            self.link(exits, part.entries, label=condition)
            exits, condition = part.exits, ""
        return exits

    def open(self, title: str) -> None:
        """Begins a panel."""
        self.panels.append(f"p{len(self.panels) + 1}")
        self.lines.append(f'  subgraph {self.panels[-1]}["{escaped(title)}"]')

    def parts(self, frame: Frame) -> Iterator[_Ends]:
        remarks = frame.remarks
        for wave in _waves(frame):
            chains = [self.chain(_shortened(_remarked(chain, remarks))) for chain in wave]
            remarks = ()
            yield _Ends(tuple(each[0] for each in chains), tuple(each[-1] for each in chains))
        if frame.unit is not None:
            yield self.unit(frame.unit, remarks)

    def unit(self, unit: Unit, remarks: tuple[str, ...]) -> _Ends:
        chain = _remarked(unit.chain, remarks)
        cuts = (chain[: unit.begins], chain[unit.begins : unit.ends], chain[unit.ends :])
        before, begun, after = (_shortened(each) for each in cuts)
        names = self.chain((*before, *begun, *after))
        back = (self.node(unit.back),) if unit.back else ()
        self.link(names[len(before) : len(before) + len(begun)], back, "-.->")
        always = (self.node(unit.always),) if unit.always else ()
        self.link((*names[-1:], *back), always, "-.->")
        return _Ends(names[:1], names[-1:])

    def chain(self, chain: Chain) -> tuple[str, ...]:
        names = tuple(self.node(node) for node in chain)
        for left, right in pairwise(names):
            self.link((left,), (right,))
        return names

    def link(self, sources: Sequence[str], targets: Sequence[str], arrow: str = "-->", label: str = "") -> None:
        said = f'|"{escaped(label)}"|' if label else ""
        self.lines += [f"  {source} {arrow}{said} {target}" for source in sources for target in targets]

    def node(self, node: Node) -> str:
        self.count += 1
        left, right = _SHAPES.get(node.kind, ('["', '"]'))
        label = "<br/>".join(escaped(line) for text in (*node.titles, *node.lines) for line in _broken(text))
        self.lines.append(f"  n{self.count}{left}{label}{right}:::{node.kind.value}")
        return f"n{self.count}"


# ---------------------------------------------------------------- fewer nodes, since hosts draw them small


def _waves(frame: Frame) -> Iterator[tuple[Chain, ...]]:
    """Waves of one chain that follow each other are one chain."""
    for alone, waves in groupby(frame.waves, key=lambda wave: len(wave) == 1):
        if alone:
            yield (tuple(node for wave in waves for node in wave[0]),)
        else:
            yield from waves


def _shortened(chain: Chain) -> Chain:
    """Steps of one kind that follow each other are one node."""
    merged: list[Node] = []
    for kind, group in groupby(chain, key=lambda node: node.kind):
        nodes = tuple(group)
        merged += (_merged(nodes),) if kind in (Kind.WORK, Kind.CHANGE) else nodes
    return tuple(merged)


def _merged(nodes: Chain) -> Node:
    first, *others = nodes
    then = (line for node in others for line in (f"then {' and '.join(node.titles)}", *node.lines))
    return Node(first.kind, (" and ".join(first.titles),), (*first.lines, *then))


def _remarked(chain: Chain, remarks: Sequence[str]) -> Chain:
    first, *others = chain
    return (replace(first, lines=(*first.lines, *(f"({each})" for each in remarks))), *others)
