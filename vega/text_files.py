"""Read text the strict way: every fault in a file is an error with its file, line and fix.

One sentence per line, UTF-8, plain or .gz, .xz or .zst. A line ends at \n; a \r before it is dropped.
"""

from __future__ import annotations

import codecs
import gzip
import lzma
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from itertools import zip_longest
from pathlib import Path
from typing import Any, BinaryIO, cast

from vega.errors import UserError
from vega.settings.corpora import PACKED

#: Longer lines are almost always a lost line break; no sentence needs this many bytes.
MAX_LINE_BYTES = 100_000

#: Bytes read at once: so few that a line that is too long fills at least one such block.
_BLOCK = MAX_LINE_BYTES // 2

#: What reading a damaged file may raise.
READ_ERRORS = (OSError, EOFError, lzma.LZMAError, zlib.error)


def is_packed(path: Path) -> bool:
    """Whether `open_binary` unpacks the file."""
    return path.suffix in PACKED


def open_binary(path: Path) -> BinaryIO:
    """Open a plain, .gz, .xz or .zst file for reading bytes."""
    if not path.exists():
        raise UserError(f"{path}: no such file. Check the path in the recipe, and {{lang}} in it.")
    try:
        if path.suffix == ".gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        if path.suffix == ".xz":
            return cast(BinaryIO, lzma.open(path, "rb"))
        if path.suffix == ".zst":
            import pyarrow  # here: takes a tenth of a second

            raw: Any = pyarrow.input_stream(str(path), compression="zstd")
            return BufferedReader(raw)
        return path.open("rb")
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror}).") from None


def read_blocks(path: Path, size: int) -> Iterator[bytes]:
    """Yield the content of a plain or packed file, `size` bytes at a time."""
    with open_binary(path) as stream:
        try:
            while block := stream.read(size):
                yield block
        except READ_ERRORS as error:
            raise cut_off(path, error) from None


@contextmanager
def create_binary(path: Path, suffix: str) -> Iterator[BinaryIO]:
    """Open a file for writing bytes, packed as the end of a name, .gz, .xz or .zst, says; equal text, equal bytes."""
    with path.open("wb") as raw, ExitStack() as stack:
        stream: Any = raw
        if suffix == ".gz":
            stream = stack.enter_context(gzip.GzipFile("", "wb", fileobj=raw, mtime=0))
        elif suffix == ".xz":
            stream = stack.enter_context(lzma.open(raw, "wb"))
        elif suffix == ".zst":
            import pyarrow

            stream = stack.enter_context(pyarrow.CompressedOutputStream(raw, "zstd"))
        yield stream


def check_line(raw: bytes, path: Path, number: int, longest: int = MAX_LINE_BYTES) -> str:
    """Decode one line without its line end, or say what is wrong with it. `number` counts from 1; `longest`: bytes."""
    if len(raw) > longest:
        raise UserError(
            f"{path}:{number}: the line is longer than {longest:,} bytes. "
            "Split it into sentences, or look for lost line breaks."
        )
    if b"\0" in raw:
        raise UserError(
            f"{path}:{number}: NUL byte at byte {raw.index(0) + 1} of the line. "
            "Is this a text file in UTF-8? Convert it with iconv, or delete the byte."
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}:{number}: invalid UTF-8 at byte {error.start + 1} of the line "
            f"(0x{raw[error.start]:02x}). Convert the file with iconv -t UTF-8, or delete the line."
        ) from None


def read_lines(path: Path, longest: int = MAX_LINE_BYTES) -> Iterator[str]:
    """Yield each line of a text file, checked, without its line end; `longest` in bytes."""
    path, number = Path(path), 1
    with open_binary(path) as stream:
        try:
            # Bounded, so that a file without line breaks does not fill the memory before it is refused.
            while block := stream.read(_BLOCK):
                if not block.endswith(b"\n"):
                    block += stream.readline(longest + 3)
                raw = block.removesuffix(b"\n")
                lines = _split_sound(raw, longest)
                yield from lines or _check_lines(raw.split(b"\n"), path, number, longest)
                number += raw.count(b"\n") + 1
        except READ_ERRORS as error:
            raise cut_off(path, error) from None


def _split_sound(raw: bytes, longest: int) -> list[str]:
    """Lines in which nothing is to be changed or refused, many times as fast as each alone; none if there may be one.

    A line that lies within a block is not too long: only the last one may be, of which the end was read later.
    """
    if b"\0" in raw or b"\r" in raw or longest < _BLOCK or len(raw) - raw.rfind(b"\n") > longest:
        return []
    try:
        return raw.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return []


def _check_lines(lines: Sequence[bytes], path: Path, first: int, longest: int) -> Iterator[str]:
    for number, raw in enumerate(lines, start=first):
        yield check_line(raw.removesuffix(b"\r"), path, number, longest)


def count_sound_lines(path: Path) -> int:
    """Lines of a text file without a fault, many times as fast as reading each; 0 if it is empty or may have one."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, last = 0, b"\n"
    try:
        with open_binary(path) as stream:
            while block := stream.read(_BLOCK):
                found = block.count(b"\n")
                if b"\0" in block or (not found and len(block) == _BLOCK):
                    return 0
                decoder.decode(block)
                lines, last = lines + found, block[-1:]
        decoder.decode(b"", final=True)
    except (*READ_ERRORS, UnicodeDecodeError):
        return 0
    return lines + (last != b"\n")


def cut_off(path: Path, error: Exception) -> UserError:
    """What to say when reading ends too early."""
    return UserError(f"{path}: cannot be read to its end ({error}). Is the file cut off?")


def read_parallel(paths: Mapping[str, Path]) -> Iterator[dict[str, str]]:
    """Yield line i of every file as {language: line}; files of different length are an error."""
    codes = list(paths)
    number = 0
    for number, row in enumerate(zip_longest(*map(read_lines, paths.values())), start=1):
        if None in row:
            raise _uneven(paths, dict(zip(codes, row, strict=True)), number - 1)
        yield dict(zip(codes, row, strict=True))
    if number == 0:
        raise UserError(f"{next(iter(paths.values()))}: the file is empty.")


def _uneven(paths: Mapping[str, Path], row: Mapping[str, str | None], lines: int) -> UserError:
    """What to say of the first row that not all files have."""
    short = next(paths[code] for code, line in row.items() if line is None)
    if lines == 0:
        return UserError(f"{short}: the file is empty.")
    longer = next(paths[code] for code, line in row.items() if line is not None)
    return UserError(
        f"Line counts differ: {short} ends after line {lines}, {longer} goes on. "
        "Line i of every file must be the same sentence."
    )
