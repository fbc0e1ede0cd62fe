"""Rules about the names of variables, secrets and published values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipegen.config import Config
from pipegen.diagnostics import Finding, KeyPath
from pipegen.plan.flow import environments
from pipegen.plan.variables import RESERVED, VERSION, secret_variables
from pipegen.rules.references import operations
from pipegen.rules.texts import texts
from pipegen.rules.wording import nearest
from pipegen.spec.flow import Secret
from pipegen.spec.model import ModelSpec

CODES = {
    "PG230": "a name is one that pipegen sets",
    "PG231": "a name belongs to the shell or to a CI system",
    "PG232": "a name has two meanings",
    "PG233": "an argument names a variable that nothing declares",
    "PG234": "an argument holds a secret",
    "PG235": "the secret of a package index is not declared where packages are installed",
}

_OWNED = re.compile(
    r"PATH|HOME|SHELL|USER|PWD|OLDPWD|IFS|ENV|PS4|CDPATH|BASH\w*|LD_PRELOAD|LD_AUDIT|CI|TF_BUILD|WORKSPACE|NODE_NAME|"
    r"(BRANCH|TAG|STAGE|JOB)_NAME|EXECUTOR_NUMBER|(GITHUB|RUNNER|ACTIONS|BUILD|AGENT|SYSTEM|JENKINS|CHANGE|HUDSON)_\w+"
)


def owned_names(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG230 and PG231: names that the spec gives are its own to give."""
    for path, name in _given(spec):
        is_published = "publishes" in path
        if name.startswith("PIPEGEN_") and not (is_published and name == VERSION):
            message = f"{name!r} is a name that pipegen sets"
            hint = "give it a name that does not begin with PIPEGEN_"
            yield Finding(path, "PG230", message, f"{hint}; of these a stage may publish {VERSION} alone")
        elif _OWNED.fullmatch(name):
            message = f"{name!r} belongs to the shell or to a CI system"
            yield Finding(path, "PG231", message, "give it another name, for example with the model's name before it")


def _given(spec: ModelSpec) -> Iterator[tuple[KeyPath, str]]:
    """Every name that the spec gives to a variable, secret, token or published value."""
    yield from _keys(("variables",), spec.variables)
    for name, secret in spec.secrets.items():
        yield from ((("secrets", name), each) for each in secret_variables(name, secret))
    for place, environment in spec.environments.items():
        path: KeyPath = ("environments", place)
        yield from _keys((*path, "variables"), environment.variables)
        yield from _keys((*path, "identity"), environment.identity)
        for name, secret in environment.secrets.items():
            yield from (((*path, "secrets", name), each) for each in secret_variables(name, secret))
    for index, stage in enumerate(spec.stages):
        path = ("stages", index)
        yield from _keys((*path, "variables"), stage.variables)
        for position, override in enumerate(stage.override):
            yield from _keys((*path, "override", position, "variables"), override.variables)
        yield from (((*path, "publishes", position), name) for position, name in enumerate(stage.publishes))
    for path, started in operations(spec):
        yield from _keys((*path, "variables"), started.variables)


def _keys(path: KeyPath, names: Iterable[str]) -> Iterator[tuple[KeyPath, str]]:
    yield from (((*path, name), name) for name in names)


# ---------------------------------------------------------------- one name, one meaning


def one_meaning(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG232: in one environment a name is a variable, a secret, a token or a published value, and only one of them."""
    shared = {each: name for name, secret in spec.secrets.items() for each in secret_variables(name, secret)}
    for name in shared:
        if name in spec.variables:
            yield _twofold(("variables", name), name, "a secret of the repository")
    for place, environment in spec.environments.items():
        path: KeyPath = ("environments", place)
        own = [each for name, secret in environment.secrets.items() for each in secret_variables(name, secret)]
        for name in environment.variables:
            if name in own or name in shared:
                yield _twofold((*path, "variables", name), name, "a secret there")
        for name in environment.identity:
            if name in (*own, *shared, *environment.variables, *spec.variables):
                yield _twofold((*path, "identity", name), name, "a variable or secret there")
        for name in own:
            if name in spec.variables:
                yield _twofold(("variables", name), name, f"a secret of environment {place!r}")
    yield from _of_stages(spec)


def _of_stages(spec: ModelSpec) -> Iterator[Finding]:
    secrets = secret_names(spec)
    plain = {*spec.variables, *(name for each in spec.environments.values() for name in each.variables)}
    for index, stage in enumerate(spec.stages):
        path: KeyPath = ("stages", index)
        for name in stage.variables:
            if name in secrets:
                yield _twofold((*path, "variables", name), name, "a secret")
        for position, name in enumerate(stage.publishes):
            if name in secrets or name in plain:
                yield _twofold((*path, "publishes", position), name, "a variable or secret")


def _twofold(path: KeyPath, name: str, other: str) -> Finding:
    return Finding(path, "PG232", f"{name!r} is also {other}", "rename one of them")


def secret_names(spec: ModelSpec) -> dict[str, Secret | None]:
    """The variables that hold secrets or, with None, tokens, in any environment."""
    found: dict[str, Secret | None] = {}
    for secrets in (spec.secrets, *(each.secrets for each in spec.environments.values())):
        for name, secret in secrets.items():
            found |= dict.fromkeys(secret_variables(name, secret), secret)
    return found | {name: None for each in spec.environments.values() for name in each.identity}


def declared_names(spec: ModelSpec) -> set[str]:
    """Every variable that some script of the spec may read."""
    own = {name for _, name in _given(spec)}
    parameters = {f"PIPEGEN_PARAM_{name.upper()}" for each in spec.actions.values() for name in each.parameters}
    built_in = {"PIPEGEN_PARAM_VERSION", "PIPEGEN_PARAM_ENVIRONMENT", VERSION}
    return {*own, *parameters, *built_in, *RESERVED}


# ---------------------------------------------------------------- arguments


def arguments(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG233 and PG234: an argument names declared variables, and no secrets, which every process could list."""
    declared, secrets = declared_names(spec), secret_names(spec)
    for each in texts(spec):
        for name in each.names if each.is_argument else ():
            if name not in declared:
                own = [
                    known for known in sorted(declared) if known.startswith("PIPEGEN_") == name.startswith("PIPEGEN_")
                ]
                hint = f"{nearest(name, own, 'declared variables')}; or use `run`"
                yield Finding(each.path, "PG233", f"nothing declares ${name}", hint)
            secret = secrets.get(name)
            if name in secrets and (secret is None or secret.type != "file"):
                message = f"${name} is a secret, and every process on the machine can list arguments"
                yield Finding(each.path, "PG234", message, "let the program read it from its environment, or use `run`")


def index_secrets(spec: ModelSpec, _: Config) -> Iterator[Finding]:
    """PG235: wherever packages are installed, the secrets of their indexes are declared."""
    for position, index in enumerate(spec.runtime.indexes):
        path = ("runtime", "indexes", position, "secret")
        if index.secret is None:
            continue
        places = [spec.secrets, *(each.secrets for each in environments(spec).values())]
        declared = [secrets[index.secret] for secrets in places if index.secret in secrets]
        if index.secret not in spec.secrets and not all(index.secret in secrets for secrets in places[1:]):
            message = f"secret {index.secret!r} is not declared in every environment"
            yield Finding(path, "PG235", message, f"declare it for all: `secrets: [{index.secret}]`")
        elif any(secret.type != "string" for secret in declared):
            message = f"secret {index.secret!r} is of another type than string"
            yield Finding(path, "PG235", message, "an index takes one text, `user:password` percent-encoded")
