"""Rules about the way of a change: branches, tags, where they lead and what they carry."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding, KeyPath, Severity
from pipegen.plan.flow import arrivals, deployed_environments
from pipegen.rules.references import operations
from pipegen.rules.wording import nearest
from pipegen.spec.flow import FlowEntry
from pipegen.spec.model import ModelSpec

CODES = {
    "PG206": "a flow entry has not exactly one of `branch` and `tags`",
    "PG216": "a flow entry has keys that nothing follows",
    "PG217": "artifacts are carried from where none come",
    "PG218": "a tag has no branch that must contain it",
    "PG219": "git refuses a branch's or tag's name",
    "PG261": "the flow never reaches the environments of the deployment",
    "PG275": "a push would start two pipelines",
    "PG276": "a branch is not part of the flow",
}


def branch_or_tags(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG206: a flow entry is a branch or a pattern of tags."""
    for index, entry in enumerate(spec.flow or ()):
        if (entry.branch is None) == (entry.tags is None):
            has = "has both `branch` and `tags`" if entry.branch else "has neither `branch` nor `tags`"
            yield Finding(("flow", index), "PG206", f"this entry of the flow {has}", "give it exactly one of them")


def tags_have_a_branch(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG218: a released tag lies on a branch of the flow, by default the one before."""
    trunks: list[str] = []
    everywhere = [entry.branch for entry in spec.flow or () if _is_branch(entry)]
    for index, entry in enumerate(spec.flow or ()):
        if entry.reachable_from is not None and entry.reachable_from not in everywhere:
            message = f"there is no branch {entry.reachable_from!r} in the flow"
            hint = nearest(entry.reachable_from, [each for each in everywhere if each], "branches")
            yield Finding(("flow", index, "reachable_from"), "PG218", message, hint)
        elif entry.tags and entry.branch is None and entry.reachable_from is None and not trunks:
            message = f"no branch stands before the tags {entry.tags!r}, so any commit could be released"
            hint = "put the branch before it, or name it with `reachable_from`"
            yield Finding(("flow", index, "tags"), "PG218", message, hint)
        trunks += [entry.branch] if entry.branch and _is_branch(entry) else []


def _is_branch(entry: FlowEntry) -> bool:
    return entry.branch is not None and "*" not in entry.branch


def keys_without_effect(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG216: an entry says only what its kind can follow."""
    for index, entry in enumerate(spec.flow or ()):
        what, unused = _unused(entry)
        for key in unused:
            message = f"{key!r} says nothing about {what}"
            yield Finding(("flow", index, key), "PG216", message, "remove the key, or give it to the right branch")
        last = all(after.tags for after in (spec.flow or ())[index + 1 :])
        if entry.role == "archive" and not last:
            message = f"branch {entry.branch!r} archives releases, but branches come after it"
            yield Finding(("flow", index, "role"), "PG216", message, "put the archive last")
    has_archive = any(arrival.role == "archive" for arrival in arrivals(spec))
    if spec.archive and not has_archive:
        message = "no branch of the flow has `role: archive`, so nothing is archived"
        yield Finding(("archive",), "PG216", message, "give the last branch that role, or remove `archive`")


def _unused(entry: FlowEntry) -> tuple[str, list[str]]:
    given = {_KEYS.get(name, name) for name in entry.model_fields_set}
    if entry.tags:
        return "tags", sorted(given & {"from", "approvals", "role"})
    if entry.branch and "*" in entry.branch:
        followed = {"branch"}
        return f"the feature branches {entry.branch!r}", sorted(given - followed)
    if entry.role == "archive":
        return "the archive", sorted(given & {"environments", "artifacts", "build_in", "reachable_from"})
    return "a branch", sorted(given & {"reachable_from"})


_KEYS = {"from_": "from"}


def carried_artifacts(spec: ModelSpec, config: Config) -> Iterator[Finding]:
    """PG217: artifacts come from an earlier branch whose delivery makes them, through a store."""
    before: list[str] = []
    for index, entry in enumerate(spec.flow or ()):
        path: KeyPath = ("flow", index, "artifacts")
        if entry.artifacts is not None:
            source = entry.artifacts.from_
            if source not in before:
                message = f"{source!r} is no branch with a delivery before {entry.branch or entry.tags!r}"
                yield Finding((*path, "from"), "PG217", message, nearest(source, before, "branches before it"))
            if spec.store is None and (spec.registry is None or config.registry is None):
                message = "artifacts can only be carried through a store or a registry"
                yield Finding(path, "PG217", message, "say with `store` how to put and get them")
            if not any(stage.produces for stage in spec.stages):
                message = "no stage produces an artifact that could be carried"
                yield Finding(path, "PG217", message, "say what a stage makes with `produces`")
        if entry.branch and _is_branch(entry) and entry.role is None:
            before.append(entry.branch)


def deployment_is_reached(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG261: where the flow leads to environments, the stage that deploys is for one of them."""
    reached = deployed_environments(spec)
    for index, stage in enumerate(spec.stages):
        if stage.deploys and stage.environments is not None and reached and not set(reached) & set(stage.environments):
            message = f"the flow leads to {', '.join(reached)}, and stage {stage.id!r} deploys to none of them"
            hint = "name one of them, or let the flow lead to no environment"
            yield Finding(("stages", index, "environments"), "PG261", message, hint)


# ---------------------------------------------------------------- names


def branch_names(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG219: branches and tags have names that git takes."""
    for path, name in _refs(spec):
        reason = _refused(name)
        if reason:
            yield Finding(path, "PG219", f"git has no branch or tag {name!r}: {reason}", "check the spelling")


def _refs(spec: ModelSpec) -> Iterator[tuple[KeyPath, str]]:
    for index, entry in enumerate(spec.flow or ()):
        named = {"branch": entry.branch, "tags": entry.tags, "reachable_from": entry.reachable_from}
        yield from ((("flow", index, key), name) for key, name in named.items() if name)
        for position, source in enumerate(entry.from_ or ()):
            yield ("flow", index, "from", position), source
    for path, started in operations(spec):
        yield from [((*path, "branch"), started.branch)] if started.branch else []


def _refused(name: str) -> str:
    plain = name.replace("*", "x")
    if name == "HEAD":
        return "HEAD is no branch"
    if ".." in plain or "//" in plain:
        return "'..' and '//' cannot stand in it"
    if plain.endswith(("/", ".")):
        return "it ends with a slash or a dot"
    if any(part.endswith(".lock") for part in plain.split("/")):
        return "a part of it ends with .lock"
    return "a part of it begins with a dot" if any(part.startswith(".") for part in plain.split("/")) else ""


def shadowed_branches(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG275: every branch and tag has one entry, so that a push starts one pipeline."""
    seen: set[tuple[str, str]] = set()
    patterns = [entry.branch for entry in spec.flow or () if entry.branch and "*" in entry.branch]
    for index, entry in enumerate(spec.flow or ()):
        key, name = ("tags", entry.tags) if entry.tags else ("branch", entry.branch or "")
        if (key, name) in seen:
            yield Finding(("flow", index, key), "PG275", f"{name!r} has an entry already", "keep one of them")
        seen.add((key, name))
        shadows = [each for each in patterns if key == "branch" and "*" not in name and matches(each, name)]
        if shadows:
            message = f"a push to {name!r} also is one to a feature branch {shadows[0]!r}"
            yield Finding(("flow", index, key), "PG275", message, "make the pattern narrower")


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern, in which `*` stands for any characters, means the name; case is ignored."""
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(expression, name, re.IGNORECASE) is not None


def branches_of_the_flow(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG276: sources of merges are branches that the flow knows, or patterns."""
    known = [entry.branch for entry in spec.flow or () if entry.branch]
    for index, entry in enumerate(spec.flow or ()):
        for position, source in enumerate(entry.from_ or ()):
            if "*" not in source and not any(matches(each, source) for each in known):
                message = f"the branch {source!r} is not part of the flow, so nothing checks it before the merge"
                hint = nearest(source, known, "branches of the flow")
                yield Finding(("flow", index, "from", position), "PG276", message, hint, Severity.WARNING)
