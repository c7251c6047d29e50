"""Read text the strict way: every fault in a file is an error with its file, line and fix.

One sentence per line, UTF-8, plain or .gz, .xz or .zst. A line ends at \n; a \r before it is dropped.
"""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

from vega.errors import UserError
from vega.settings.corpora import PACKED

#: Longer lines are almost always a lost line break; no sentence needs this many bytes.
MAX_LINE_BYTES = 100_000

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
    path = Path(path)
    with open_binary(path) as stream:
        try:
            # Bounded, so that a file without line breaks does not fill the memory before it is refused.
            raw_lines = iter(lambda: stream.readline(longest + 3), b"")
            for number, raw in enumerate(raw_lines, start=1):
                yield check_line(raw.removesuffix(b"\n").removesuffix(b"\r"), path, number, longest)
        except READ_ERRORS as error:
            raise cut_off(path, error) from None


def cut_off(path: Path, error: Exception) -> UserError:
    """What to say when reading ends too early."""
    return UserError(f"{path}: cannot be read to its end ({error}). Is the file cut off?")


def read_parallel(paths: Mapping[str, Path]) -> Iterator[dict[str, str]]:
    """Yield line i of every file as {language: line}; files of different length are an error."""
    readers = {code: read_lines(path) for code, path in paths.items()}
    number = 0
    while True:
        row = {code: next(reader, None) for code, reader in readers.items()}
        ended = [code for code, line in row.items() if line is None]
        if len(ended) == len(row):
            break
        if ended and number == 0:
            raise UserError(f"{paths[ended[0]]}: the file is empty.")
        if ended:
            short, longer = paths[ended[0]], next(paths[code] for code in row if code not in ended)
            raise UserError(
                f"Line counts differ: {short} ends after line {number}, {longer} goes on. "
                "Line i of every file must be the same sentence."
            )
        number += 1
        yield {code: line for code, line in row.items() if line is not None}
    if number == 0:
        raise UserError(f"{next(iter(paths.values()))}: the file is empty.")
