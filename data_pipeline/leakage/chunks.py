"""Files cut into chunks of whole lines, so that many processes can read them at once without a copy."""

from __future__ import annotations

import hashlib
import shutil
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from gzip import BadGzipFile
from io import BufferedReader
from lzma import LZMAError
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, BinaryIO

from vega.errors import UserError
from vega.manifest import hash_file
from vega.text_files import MAX_LINE_BYTES, check_line, open_binary

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
        columns = {code: self._lines(code) for code in self.paths}
        for _ in range(self.rows):
            yield {code: next(lines) for code, lines in columns.items()}

    def _lines(self, code: str) -> Iterator[str]:
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


def measure(path: Path, chunk_lines: int, scratch: Path) -> Measured:
    """Read a text file once, hashing it and counting its lines; unpack it into `scratch` if it is compressed."""
    with open_binary(path) as stream:
        if isinstance(stream, BufferedReader):
            return _scan(stream, path, path, chunk_lines)
        with NamedTemporaryFile(dir=scratch, delete=False) as plain:
            _unpack(stream, plain, path)
    unpacked = Path(plain.name)
    with unpacked.open("rb") as stream:
        return replace(_scan(stream, path, unpacked, chunk_lines), sha256=hash_file(path))


def cut(source: str, files: Mapping[str, Measured], chunk_lines: int) -> Iterator[Chunk]:
    """Chunks of line-aligned files; UserError if they are not equally long."""
    lines = {code: file.lines for code, file in files.items()}
    if len(set(lines.values())) > 1:
        counts = ", ".join(f"{files[code].path} {count}" for code, count in lines.items())
        raise UserError(f"Line counts differ: {counts}. Line i of every file must be the same sentence.")
    total = next(iter(lines.values()))
    if not total:
        raise UserError(f"{next(iter(files.values())).path}: the file is empty.")
    for number, first in enumerate(range(0, total, chunk_lines)):
        yield Chunk(
            source=source,
            first=first,
            rows=min(chunk_lines, total - first),
            paths={code: file.plain for code, file in files.items()},
            starts={code: file.starts[number] for code, file in files.items()},
        )


def _unpack(packed: BinaryIO, plain: IO[bytes], path: Path) -> None:
    try:
        shutil.copyfileobj(packed, plain, _BLOCK)
    except (EOFError, LZMAError, BadGzipFile, zlib.error) as error:
        raise UserError(f"{path}: cannot be read to its end ({error}). Is the file cut off?") from None


def _scan(stream: BinaryIO, path: Path, plain: Path, chunk_lines: int) -> Measured:
    digest = hashlib.sha256()
    starts, lines, at, last = [0], 0, 0, b"\n"
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
