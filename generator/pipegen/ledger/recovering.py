"""Recovering a folder after a writer was stopped: a torn line is put aside, a whole one gets its head."""

from __future__ import annotations

from hashlib import sha256

from pipegen.ledger import folder_place
from pipegen.ledger.cards import card, overview
from pipegen.ledger.entries import DamagedError
from pipegen.ledger.files import HEADS, OVERVIEW, Head, card_path, entries_path, heads_in, heads_text
from pipegen.ledger.places import FolderPlace
from pipegen.ledger.reading import Chain, chain_of, chains_in, head_faults


def recovered(place: FolderPlace, model: str) -> tuple[str, ...]:
    """Mend what a stopped writer left of a model, with the folder locked; what was done, in words."""
    files = folder_place.files(place)
    content, heads = files.get(entries_path(model), b""), heads_in(files)
    chain = chain_of(model, content)
    faults = [*chain.faults, *head_faults(chain, heads.get(model), behind=True)]
    if faults:
        raise DamagedError(
            f"{entries_path(model)}: {faults[0]}; this is no trace of a stopped writer: nothing was done"
        )
    notices = []
    if chain.torn:
        notices.append(_put_aside(place, model, content, chain))
    if chain.entries and (model not in heads or heads[model].count < len(chain.entries)):
        last = chain.entries[-1]
        heads[model] = Head(last.number, last.digest)
        folder_place.replace(place, HEADS, heads_text(heads))
        notices.append(f"entry {last.number} ({last}) was whole, but {HEADS} did not name it: now it does")
    return (*notices, *_derived_anew(place, model, chain))


def _put_aside(place: FolderPlace, model: str, content: bytes, chain: Chain) -> str:
    aside = f"torn/{model}-{sha256(chain.torn).hexdigest()[:16]}"
    folder_place.replace(place, aside, chain.torn)
    folder_place.cut(place, model, len(content) - len(chain.torn))
    return f"the last line of {entries_path(model)} was torn; its {len(chain.torn)} bytes are now in {aside}"


def _derived_anew(place: FolderPlace, model: str, chain: Chain) -> list[str]:
    files = folder_place.files(place)
    wanted = {card_path(model): card(model, chain.entries).encode()} if chain.entries else {}
    if files:
        wanted[OVERVIEW] = overview(chains_in(files)).encode()
    stale = {path: content for path, content in wanted.items() if files.get(path) != content}
    for path, content in stale.items():
        folder_place.replace(place, path, content)
    return [f"{path} was made anew" for path in stale]
