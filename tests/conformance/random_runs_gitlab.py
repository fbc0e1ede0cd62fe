"""Drawn specs, carried out on GitLab."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.github_memory import Memory as Stores
from conformance.gitlab_executor import Executor
from conformance.gitlab_machine import Machine
from conformance.gitlab_memory import Memory
from conformance.gitlab_settings import settings_of
from conformance.observing import Observed
from conformance.random_specs import Drawn, DrawnCase, world_for
from deliveries import CONFIG
from pipegen.targets import gitlab


def on_gitlab(tried: Sequence[tuple[Drawn, Sequence[DrawnCase]]], folder: Path) -> list[list[list[Observed]]]:
    return [list(_on_gitlab(each, cases, folder / str(number))) for number, (each, cases) in enumerate(tried)]


def _on_gitlab(drawn: Drawn, cases: Sequence[DrawnCase], folder: Path) -> Iterator[list[Observed]]:
    stores = Stores(folder / "memory")
    stores.folder.mkdir(parents=True)
    world, delivery = world_for(drawn, folder / "world"), drawn.delivery
    files = {**gitlab.root(CONFIG, None), **gitlab.render(delivery, CONFIG)}
    executor = Executor(delivery, files, settings_of(delivery, CONFIG), Memory(Machine(world).set_up(), stores))
    executor.seeded = stores.kept(world.store)
    yield from (executor.observe(case) for case in cases)
