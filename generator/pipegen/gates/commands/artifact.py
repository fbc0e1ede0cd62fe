"""`gate artifact`: what is here is what was meant, by digests."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from pipegen.gates.artifact import digest_in, judge_content, judge_digest, judge_folder, parse_digest, parse_sums
from pipegen.gates.contents import sha256_of
from pipegen.gates.reading import CannotJudgeError, content
from pipegen.gates.report import Judgement

HEADING = "artifact"
DESCRIPTION = "Judge a file by a digest that came another way, and a folder by the SHA-256 sums of its files."
EPILOG = """\
examples:
  pipegen gate artifact --file model.onnx --digest sha256:$MODEL_SHA256
  pipegen gate artifact --folder model --sums model/SHA256SUMS --sums-digest sha256:$SUMS_SHA256
  pipegen gate artifact --folder model --sums SHA256SUMS --except registered_model_meta

A digest protects only if it comes another way than the file, for example as a value that the job which made the file
published. Sums have the form of sha256sum, and name every file of the folder: what they do not name fails, but for
names that --except gives, for files that a tool writes when it loads the folder (MLflow: registered_model_meta).
Links that leave the folder, pipes and devices fail and are not opened.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, help="the file to judge by --digest or --digest-file")
    parser.add_argument("--digest", type=_digest, metavar="sha256:HEX", help="what its content must come to")
    parser.add_argument("--digest-file", type=Path, metavar="FILE", help="a file that holds the digest alone")
    parser.add_argument("--folder", type=Path, help="the folder to judge by --sums")
    parser.add_argument("--sums", type=Path, metavar="FILE", help="the digests of its files, as sha256sum writes them")
    parser.add_argument(
        "--sums-digest", type=_digest, metavar="sha256:HEX", help="what the content of the sums must come to"
    )
    parser.add_argument(
        "--except",
        action="append",
        default=[],
        dest="excepted",
        metavar="NAME",
        help="a file below the folder that may be there although the sums do not name it; may be repeated",
    )


def slips(arguments: argparse.Namespace) -> Iterator[str]:
    if arguments.file is None and arguments.folder is None:
        yield "give --file, --folder or both"
    if (arguments.file is not None) != ((arguments.digest is None) != (arguments.digest_file is None)):
        yield "--file goes with one of --digest and --digest-file"
    if (arguments.folder is None) != (arguments.sums is None):
        yield "--folder goes with --sums"
    if arguments.folder is None and (arguments.sums_digest or arguments.excepted):
        yield "--sums-digest and --except go with --folder"


def source(arguments: argparse.Namespace) -> str:
    return " and ".join(str(path) for path in (arguments.file, arguments.folder) if path is not None)


def judgements(arguments: argparse.Namespace) -> tuple[Judgement, ...]:
    """First the file, then the sums by their digest, then the folder."""
    return (*_of_file(arguments), *_of_folder(arguments))


def _of_file(arguments: argparse.Namespace) -> Iterator[Judgement]:
    if arguments.file is not None:
        expected = arguments.digest or _in_file(arguments.digest_file)
        yield judge_digest(str(arguments.file), sha256_of(arguments.file), expected)


def _of_folder(arguments: argparse.Namespace) -> Iterator[Judgement]:
    if arguments.folder is None:
        return
    sums: Path = arguments.sums
    try:
        found = content(sums)
        if arguments.sums_digest:
            yield judge_content(str(sums), found, arguments.sums_digest)
        named = parse_sums(found)
    except CannotJudgeError as error:
        raise CannotJudgeError(f"{sums}: {error}") from error
    yield from judge_folder(arguments.folder, named, sums, arguments.excepted)


def _in_file(file: Path) -> str:
    try:
        return digest_in(content(file))
    except CannotJudgeError as error:
        raise CannotJudgeError(f"{file}: {error}") from error


def _digest(text: str) -> str:
    try:
        return parse_digest(text)
    except CannotJudgeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
