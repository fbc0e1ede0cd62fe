"""`pipegen registry register`: a version with its files, and everything that is known of it."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipegen.registry.candidates import Facts, candidate
from pipegen.registry.errors import RegistryError
from pipegen.registry.names import artifact_name, challenger, environment_name
from pipegen.registry.opening import add_registry_options, registry_of
from pipegen.registry.options import add_version_option, checked
from pipegen.registry.registering import register

DESCRIPTION = """\
Register a version with its files. The same version with the same content again changes nothing; with other content it
is refused, because a version never changes. A registration that is cut off counts as none; the next one replaces it.
"""
EPILOG = """\
examples:
  pipegen registry register --version 1.2.0 --file .pipegen/packed/model.tar --digest "$PIPEGEN_DIGEST_MODEL"
  pipegen registry register --version 1.2.0 --artifact model=out/ --artifact schema=schema.json --environment prod \\
    --metrics metrics.json --lineage lineage.json

A folder is packed so that the same content gives the same digest. The digest of several artifacts is that of their
sums as sha256sum lists them.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    add_version_option(parser)
    add = parser.add_argument
    add("--file", type=Path, action="append", default=[], metavar="PATH", help="a file or folder; its name is its stem")
    add("--artifact", action="append", default=[], metavar="NAME=PATH", help="the same under another name")
    add(
        "--digest",
        action="append",
        default=[],
        metavar="[NAME=]SHA256",
        help="what the content, or one artifact, must have; what has another is refused",
    )
    add("--commit", default=os.environ.get("PIPEGEN_COMMIT", ""), help="the commit (default: $PIPEGEN_COMMIT)")
    add("--source", default="", metavar="SHA256", help="the digest of the source tree")
    add("--data-version", default="", metavar="TEXT", help="the version of the data (default: what the lineage says)")
    add(
        "--metrics",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a JSON object of numbers, as gates read it; may be repeated",
    )
    add("--lineage", type=Path, metavar="FILE", help="what the model was made from, in the form pipegen-lineage/1")
    add(
        "--environment",
        type=checked(environment_name),
        metavar="ENVIRONMENT",
        help="make the version its challenger, that is challenger-ENVIRONMENT points at it",
    )
    add_registry_options(parser)


def run(arguments: argparse.Namespace) -> Iterator[str]:
    facts = Facts(
        arguments.commit, arguments.source, arguments.data_version, tuple(arguments.metrics), arguments.lineage
    )
    with tempfile.TemporaryDirectory() as folder:
        made = candidate(arguments.version, _artifacts(arguments), arguments.digest, facts, Path(folder))
        registry = registry_of(arguments)
        registration = register(registry, made)
    found = registration.version
    done = "registered" if registration.is_new else "is registered already"
    yield f"{found.version} {done} for {registry.place}, as number {found.handle}, with the digest {found.digest}"
    if arguments.environment:
        alias = challenger(arguments.environment)
        registry.set_alias(alias, found.handle)
        yield f"{alias} points at {found.version}"


def _artifacts(arguments: argparse.Namespace) -> dict[str, Path]:
    named = [(path.name.partition(".")[0], path) for path in arguments.file]
    for text in arguments.artifact:
        name, separator, path = text.partition("=")
        if not separator:
            raise RegistryError(f"--artifact {text}: write NAME=PATH")
        named.append((name, Path(path)))
    found = {artifact_name(name): path for name, path in named}
    if len(found) < len(named):
        raise RegistryError("two artifacts have the same name; give them names with --artifact NAME=PATH")
    return found
