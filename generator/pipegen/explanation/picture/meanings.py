"""What the kinds of nodes mean, in the words of a picture's legend."""

from __future__ import annotations

from pipegen.explanation.picture.values import Kind, Node

TITLE = "How to read it"

ENTRIES = (
    (Node(Kind.WORK, ("Work",)), "Done by machines. Boxes below each other run side by side."),
    (
        Node(Kind.GATE, ("Gate",)),
        "Data decides, the model's own and the record: what does not hold leaves all after it undone.",
    ),
    (
        Node(Kind.APPROVAL, ("Approval",)),
        "People decide: this many say yes in time, none of them the one who started it.",
    ),
    (
        Node(Kind.CHANGE, ("Change",)),
        "Changes an environment, or checks what was changed. One run at a time may; others wait.",
    ),
    (
        Node(Kind.BACK, ("Way back",)),
        "Runs by itself if a deployment began and did not reach its end, for whatever reason.",
    ),
    (Node(Kind.ALWAYS, ("In any case",)), "Runs at the end of a deployment, whether it went well or not."),
    (Node(Kind.RECORD, ("Record",)), "What was released is written down and kept."),
)
"""A sample of each kind, and what it means."""

RULE = (
    "Along the arrows everything starts only when all before it has succeeded. Left out: preparing machines, handing "
    "files on, and checks that a run was started from where it may be."
)
