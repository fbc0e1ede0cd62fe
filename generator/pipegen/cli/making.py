"""Making the files of specs: as the cache has them where nothing has changed, else by compiling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pipegen.cli.console import Named, opened
from pipegen.cli.made import Made, made, recalled
from pipegen.config import CONFIG_FILE
from pipegen.diagnostics import Diagnostic, Located
from pipegen.repository import check_number
from pipegen.target_names import BUILT_IN
from pipegen.workspace.outputs import case_collisions

if TYPE_CHECKING:
    from pipegen.cache import Cache, Entry
    from pipegen.compiler import Compiled, Repository


_MANY = 100
"""No CI system reads the files of fewer models."""


@dataclass(frozen=True)
class Making:
    """The work on the specs of one run, with or without a cache; what nothing needs is neither read nor imported."""

    work: Named
    targets: tuple[str, ...]
    form: str
    cache: Cache | None

    @cached_property
    def repository(self) -> Repository:
        """The repository, opened when something of it has to be compiled; exits when it cannot be used."""
        return opened(self.work.root, self.form)

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The folders that generated files may be in."""
        if self.cache and self.cache.folders is not None:
            return self.cache.folders
        from pipegen.targets import targets_of  # noqa: PLC0415  (only who compiles needs them)

        config = self.repository.config
        own = PurePosixPath(config.pin.requirements).parent.as_posix() if config.pin else "."
        theirs = [each for target in targets_of(config).values() for each in target.FOLDERS]
        return tuple(dict.fromkeys([*theirs, own, "."]))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the repository; a cache is of one without findings, so it need not be opened for them."""
        return self.repository.diagnostics if "repository" in vars(self) else ()

    def spec(self, path: str) -> Made:
        entry = self.cache.recalled(path) if self.cache else None
        if entry:
            return recalled(path, entry, self.located)
        from pipegen.compiler import compile_spec  # noqa: PLC0415  (the cache had no answer)

        return self._made(compile_spec(self.repository, path, self.targets), path)

    def root_files(self) -> Made:
        """The files that the repository has once for all its models."""
        entry = self.cache.recalled(None) if self.cache else None
        if entry:
            return recalled(CONFIG_FILE, entry, self.located)
        from pipegen.compiler import compile_root  # noqa: PLC0415  (the cache had no answer)

        return self._made(compile_root(self.repository, self.targets), None)

    def located(self, path: str) -> Located:
        """A spec that was not compiled in this run, read for the sake of its places."""
        from pipegen.compiler import load_source  # noqa: PLC0415  (only a finding asks for places)

        if path not in self._sources:
            self._sources[path] = load_source(self.repository, path)
        return self._sources[path]

    @cached_property
    def _sources(self) -> dict[str, Located]:
        return {}

    def _made(self, compiled: Compiled, path: str | None) -> Made:
        done = made(compiled)
        return replace(done, entry=self._entry(compiled, done, path))

    def _entry(self, compiled: Compiled, done: Made, path: str | None) -> Entry | None:
        """What the cache is to hold; nothing with a finding, so that none is ever forgotten."""
        if self.cache is None or done.files is None or done.diagnostics or self.repository.diagnostics:
            return None
        if any(case_collisions(done.files)) or not set(compiled.targets) <= set(BUILT_IN):
            # What the cache depends on holds nothing of targets of other packages.
            return None
        from pipegen.cache.entries import Entry, Told, digest_of_files  # noqa: PLC0415  (imported with the cache)

        own = {path: compiled.source.text} if path and compiled.source else {}
        inputs = self.cache.digests(path, own | dict(compiled.inputs))
        digest = digest_of_files({name: text.encode() for name, text in done.files.items()})
        told = Told.by(done.summary) if done.summary else None
        return None if inputs is None else Entry(inputs, tuple(sorted(done.files)), digest, told)

    def crowd(self) -> tuple[Diagnostic, ...]:
        """What only the number of specs shows; where there are few, the repository is not opened for it."""
        count = len(self.work.paths)
        if count <= _MANY:
            return ()
        from pipegen.targets import most_models  # noqa: PLC0415  (few have so many)

        return tuple(check_number(count, most_models(self.targets or self.repository.config.targets)))

    def keep(self, specs: Sequence[Made]) -> str | None:
        """Have the cache hold what was found out; the reason if that did not succeed."""
        if self.cache is None or not any(each.entry and not each.recalled for each in specs):
            return None
        entries = {each.path if each.is_spec else None: each.entry for each in specs if each.entry}
        return self.cache.keep(entries, self.folders, all_specs=self.work.everything)
