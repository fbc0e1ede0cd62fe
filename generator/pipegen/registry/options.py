"""Options that several commands share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

from pipegen.registry.errors import RegistryError
from pipegen.registry.names import environment_name, version_name


def checked(check: Callable[[str], str]) -> Callable[[str], str]:
    """A check of names as the parser takes it."""

    def parse(text: str) -> str:
        try:
            return check(text)
        except RegistryError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse


def add_environment_option(parser: argparse.ArgumentParser, *, required: bool) -> None:
    default = os.environ.get("PIPEGEN_ENVIRONMENT") if required else None
    parser.add_argument(
        "--environment",
        type=checked(environment_name),
        metavar="ENVIRONMENT",
        default=default or None,
        required=required and not default,
        help="the environment" + (" (default: $PIPEGEN_ENVIRONMENT)" if required else " (default: all)"),
    )


def add_version_option(parser: argparse.ArgumentParser) -> None:
    default = os.environ.get("PIPEGEN_VERSION") or None
    parser.add_argument(
        "--version",
        type=checked(version_name),
        metavar="VERSION",
        default=default,
        required=default is None,
        help="the semantic version, for example 1.2.0 (default: $PIPEGEN_VERSION)",
    )


def add_json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON for programs")
