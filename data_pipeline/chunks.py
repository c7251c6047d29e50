"""Files cut into chunks of whole lines, so that many processes can read them at once without a copy."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile, mkdtemp
from typing import IO, BinaryIO

from data_pipeline.corpora import check_exist
from vega.corpus import read_rows
from vega.corpus.fetch import fetch
from vega.errors import UserError
from vega.manifest import hash_file
from vega.progress import track
from vega.settings import Corpus
from vega.text_files import MAX_LINE_BYTES, READ_ERRORS, check_line, is_packed, open_binary

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Chunk:
    """`rows` lines of one source from line `first` (counted from 0); per language the file and the byte to start at."""

    source: str
    first: int
    rows: int
    paths: Mapping[str, Path]
    starts: Mapping[str, int]

    def read(self) -> Iterator[dict[str, str]]:
        """Its rows, each line checked."""
        columns = {code: self.lines(code) for code in self.paths}
        for _ in range(self.rows):
            yield {code: next(lines) for code, lines in columns.items()}

    def lines(self, code: str) -> Iterator[str]:
        """Its lines in one language, each checked."""
        path = self.paths[code]
        with path.open("rb") as stream:
            stream.seek(self.starts[code])
            for number in range(self.first + 1, self.first + self.rows + 1):
                raw = stream.readline(MAX_LINE_BYTES + 3)
                yield check_line(raw.removesuffix(b"\n").removesuffix(b"\r"), path, number)


@dataclass(frozen=True)
class Measured:
    """A file as given, its SHA-256, its plain copy or itself, its lines, and where every n-th line starts (bytes)."""

    path: Path
    sha256: str
    plain: Path
    lines: int
    starts: tuple[int, ...]


def measure_all(corpora: Sequence[Corpus], chunk_lines: int, scratch: Path, workers: int) -> list[dict[str, Measured]]:
    """Per corpus, language -> its file measured; `workers` corpora at once: hashing leaves the other threads alone."""
    check_exist(corpora)

    def measured(corpus: Corpus) -> dict[str, Measured]:
        if corpus.kind != "text":
            return measure_table(corpus, chunk_lines, scratch)
        fetch(corpus)
        return {code: measure(path, chunk_lines, scratch) for code, path in corpus.paths().items()}

    with ThreadPoolExecutor(workers) as threads:
        return list(track(threads.map(measured, corpora), "Reading text", total=len(corpora)))


def measure(path: Path, chunk_lines: int, scratch: Path) -> Measured:
    """Read a text file once, hashing it and counting its lines; unpack it into `scratch` if it is compressed."""
    if not is_packed(path):
        return _scan(path, path, chunk_lines)
    with open_binary(path) as stream, NamedTemporaryFile(dir=scratch, delete=False) as plain:
        _unpack(stream, plain, path)
    return replace(_scan(Path(plain.name), path, chunk_lines), sha256=hash_file(path))


def measure_table(corpus: Corpus, chunk_lines: int, scratch: Path) -> dict[str, Measured]:
    """The same for a file that holds all languages: its texts are written into `scratch`, a file per language."""
    folder = Path(mkdtemp(dir=scratch))
    with ExitStack() as stack:
        files = {code: stack.enter_context((folder / code).open("wb")) for code in corpus.languages}
        for row in read_rows(corpus):
            for code, text in row.items():
                files[code].write(f"{text}\n".encode())
    # The hash is of each language's text: the file may hold other columns, which are not meant.
    return {code: _scan(folder / code, path, chunk_lines) for code, path in corpus.paths().items()}


def cut(source: str, files: Mapping[str, Measured], chunk_lines: int) -> Iterator[Chunk]:
    """Chunks of line-aligned files; UserError if they are not equally long."""
    total = count_rows(files)
    for number, first in enumerate(range(0, total, chunk_lines)):
        yield Chunk(
            source=source,
            first=first,
            rows=min(chunk_lines, total - first),
            paths={code: file.plain for code, file in files.items()},
            starts={code: file.starts[number] for code, file in files.items()},
        )


def count_rows(files: Mapping[str, Measured]) -> int:
    """Rows of line-aligned files; UserError if they are not equally long, or empty."""
    if empty := [file.path for file in files.values() if not file.lines]:
        raise UserError(f"{empty[0]}: the file is empty.")
    shortest, longest = (choose(files.values(), key=lambda file: file.lines) for choose in (min, max))
    if shortest.lines != longest.lines:
        raise UserError(
            f"Line counts differ: {shortest.path} ends after line {shortest.lines}, {longest.path} goes on. "
            "Line i of every file must be the same sentence."
        )
    return shortest.lines


def _unpack(packed: BinaryIO, plain: IO[bytes], path: Path) -> None:
    try:
        shutil.copyfileobj(packed, plain, _BLOCK)
    except READ_ERRORS as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the disk that is written to
            raise
        raise UserError(f"{path}: cannot be read to its end ({error}). Is the file cut off?") from None


def _scan(plain: Path, path: Path, chunk_lines: int) -> Measured:
    digest = hashlib.sha256()
    starts, lines, at, last = [0], 0, 0, b"\n"
    with open_binary(plain) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            found = block.count(b"\n")
            if (lines + found) // chunk_lines > lines // chunk_lines:
                starts += _starts(block, lines, chunk_lines, at)
            lines, at, last = lines + found, at + len(block), block[-1:]
    return Measured(path, digest.hexdigest(), plain, lines + (last != b"\n"), tuple(starts))


def _starts(block: bytes, lines: int, chunk_lines: int, at: int) -> list[int]:
    """Offsets in the file of the lines that start a chunk, in a block at offset `at` with `lines` lines before it."""
    found, end = [], -1
    while (end := block.find(b"\n", end + 1)) >= 0:
        lines += 1
        if lines % chunk_lines == 0:
            found.append(at + end + 1)
    return found
