"""Text that is not there yet but has ids in mtdata's catalogue: downloaded once to the paths of its corpus.

mtdata (an extra) is run as a child process, where need be by the Python of the `mtdata` command: it wants older
versions of some packages than others do, and sets up logging of its own where it is imported. It keeps what it
downloads in ~/.mtdata, or the folder that MTDATA names. Beside the text, `{name}.mtdata.json` says which data sets it
is.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from vega.atomic import atomic_path, write_text
from vega.errors import UserError
from vega.lock import hold
from vega.progress import say
from vega.settings.corpora import Corpus
from vega.text_files import create_binary

INSTALL = "`pip install 'vega-mt[mtdata]'`, or `pipx install mtdata` for an environment of its own"
_CHILD = Path(__file__).with_name("mtdata_child.py")


def fetch(corpus: Corpus) -> None:
    """Download the text of a corpus that has ids of mtdata, unless it is there. A UserError says what is in the way."""
    if not corpus.mtdata:
        return
    note, paths = _note(corpus), corpus.paths()
    if all(path.is_file() for path in paths.values()):
        _check_note(corpus, note)
        return
    python = python_with_mtdata()
    if python is None:
        missing = next(path for path in paths.values() if not path.is_file())
        raise UserError(
            f"{missing}: no such file, and mtdata, which could download it, is not installed. Use {INSTALL}; or "
            "put the text there."
        )
    note.parent.mkdir(parents=True, exist_ok=True)
    with hold(note.with_name(f".{note.name}.lock"), f"the download of {corpus.name}"):
        found = {"ids": corpus.mtdata, "rows": _download(python, corpus, paths)}
        write_text(note, json.dumps(found, indent=1) + "\n")


def python_with_mtdata() -> str | None:
    """The Python to run mtdata with: this one, or that of the command `mtdata`."""
    if importlib.util.find_spec("mtdata") is not None:
        return sys.executable
    command = shutil.which("mtdata")
    if command is None:
        return None
    with Path(command).open("rb") as stream:
        first = stream.readline(1000).decode(errors="replace").strip()
    return first.removeprefix("#!").strip() if first.startswith("#!") else None


def _note(corpus: Corpus) -> Path:
    path = Path(corpus.files.replace("{lang}", corpus.group))
    return path.with_name(f"{path.name}.mtdata.json")


def _check_note(corpus: Corpus, note: Path) -> None:
    """Text from before the ids were changed is not what the recipe asks for; text without a note is the user's own."""
    if note.is_file() and (ids := json.loads(note.read_text(encoding="utf-8"))["ids"]) != corpus.mtdata:
        raise UserError(
            f"{corpus.files}: holds the data sets {', '.join(ids)}, the corpus names {', '.join(corpus.mtdata)}. "
            f"Delete the files and {note.name}, or name other files."
        )


def _download(python: str, corpus: Corpus, paths: Mapping[str, Path]) -> dict[str, int]:
    """Write the rows of all data sets, one after the other, to the files; returns rows by id."""
    counts = {}
    with ExitStack() as stack:
        temporary = {code: stack.enter_context(atomic_path(path)) for code, path in paths.items()}
        with ExitStack() as files:
            streams = [files.enter_context(create_binary(temporary[code], paths[code].suffix)) for code in paths]
            for name in corpus.mtdata:
                say(f"{corpus.name}: mtdata fetches {name}")
                counts[name] = _copy(python, name, list(paths), streams)
    return counts


def _copy(python: str, name: str, languages: list[str], streams: list[BinaryIO]) -> int:
    """Append the rows of one data set; the child prints them with a tab between languages."""
    command = [python, "-c", _CHILD.read_text(encoding="utf-8"), name, *languages]
    rows = 0
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as child,
    ):
        assert child.stdout is not None
        for line in child.stdout:
            rows += 1
            for stream, text in zip(streams, line.removesuffix(b"\n").split(b"\t"), strict=True):
                stream.write(text + b"\n")
        if child.wait() or not rows:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().splitlines() or ["it has no rows"]
            raise UserError(
                f"mtdata could not fetch {name}: {said[-1][:300]}. Check the id with `mtdata list -id`, and whether "
                "there is a network; or put the text where the corpus says."
            )
    return rows
