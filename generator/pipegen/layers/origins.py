"""Where the values of merged data stand, so that a finding leads to the file and the line that hold them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipegen.diagnostics import Diagnostic, Finding, KeyPath, Located


@dataclass(frozen=True, slots=True)
class Branch:
    """A value of another file, and where it stands there; `listed`: the file has its keys as items of a list."""

    value: object
    file: Located
    path: KeyPath = ()
    listed: bool = False

    def child(self, key: str) -> Branch:
        """The value of a key; this one must be a mapping that has it."""
        if not isinstance(self.value, dict):
            raise TypeError(f"{self.path} of {self.file.name} is no mapping")
        step = list(self.value).index(key) if self.listed else key
        return Branch(self.value[key], self.file, (*self.path, step))


@dataclass(frozen=True, slots=True)
class Origins:
    """The places of merged data: what is not among `grafts` stands where its parent does, and the root in `spec`."""

    spec: Located
    grafts: dict[KeyPath, Branch]

    def place(self, path: KeyPath) -> tuple[Located, KeyPath]:
        """The file and the path in it that a path of the merged data comes from."""
        for length in range(len(path), 0, -1):
            found = self.grafts.get(path[:length])
            if found is not None:
                return found.file, (*found.path, *path[length:])
        return self.spec, path

    def diagnostic(self, finding: Finding, *, at_key: bool = False) -> Diagnostic:
        """The finding at its place; where it counts stages, in the numbers of the file that it stands in."""
        file, path = self.place(finding.path)
        message = finding.message
        match finding.path, path:
            case ("stages", int(here), *_), ("stages", int(there), *_) if here != there:
                message = message.replace(f"item {here + 1} of 'stages'", f"item {there + 1} of 'stages'")
        return file.diagnostic(replace(finding, path=path, message=message), at_key=at_key)
