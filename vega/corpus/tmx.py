"""TMX (Translation Memory eXchange 1.1 to 1.4): a row per translation unit, read as a stream.

The first variant of a unit in a language counts; a unit without one has an empty side there, which cleaning drops and
counts. Of inline markup the text of `hi` stays, native codes (bpt, ept, it, ph, ut) go. Line breaks become spaces.
Entities that the file itself declares are refused, and no DTD is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.parsers import expat

from vega.errors import UserError
from vega.settings.corpora import Corpus
from vega.text_files import MAX_LINE_BYTES, read_blocks

_BLOCK = 1 << 18
#: Elements inside a segment whose content is text of the segment.
_TEXT = ("seg", "hi")


def read_tmx(path: Path, corpus: Corpus, languages: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield a row per unit of a TMX file in `languages`, some of those of `corpus`."""
    units = _Units(path, {code: str(corpus.columns.get(code, code)) for code in languages})
    for block in read_blocks(path, _BLOCK):
        yield from units.feed(block)
    yield from units.feed(b"", last=True)
    units.check()


class _Units:
    """Turns blocks of a file into rows; holds one block's rows and one unit at a time."""

    def __init__(self, path: Path, wanted: dict[str, str]) -> None:
        self._path = path
        self._wanted = {code: tag.lower().replace("_", "-") for code, tag in wanted.items()}
        self._rows: list[dict[str, str]] = []
        self._row: dict[str, str] = {}
        self._code: str | None = None  # language of the variant that is read
        self._text: list[str] | None = None  # of the segment that is read
        self._size = 0
        self._inside: list[str] = []  # open elements of the segment
        self._seen: dict[str, None] = {}  # xml:lang of all variants
        self._found: set[str] = set()
        self._count = 0
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._refuse_entity
        parser.SkippedEntityHandler = self._refuse_unknown

    def feed(self, block: bytes, last: bool = False) -> list[dict[str, str]]:
        """The rows of all units that end in the block."""
        self._rows = []
        try:
            self._parser.Parse(block, last)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            hint = "Is the file cut off?" if last else "Repair the XML, or write the file again as TMX."
            raise UserError(f"{self._path}:{error.lineno}: not well-formed TMX ({reason}). {hint}") from None
        return self._rows

    def check(self) -> None:
        """UserError if the file has no units, or none in a language."""
        if not self._count:
            raise UserError(f"{self._path}: there is no translation unit (tu) in it. Is it TMX?")
        for code, tag in self._wanted.items():
            if code not in self._found:
                raise UserError(
                    f"{self._path}: no unit has text in '{tag}'. Its languages: {', '.join(self._seen) or 'none'}. "
                    f"Write `columns: {{{code}: XML-LANG}}` with one of them."
                )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._text is not None:
            self._inside.append(name)
        elif name == "seg":
            self._text, self._size, self._inside = [], 0, [name]
        elif name == "tuv":
            self._code = self._language(attributes)
        elif name == "tu":
            self._row = {}
            self._count += 1

    def _end(self, name: str) -> None:
        if self._text is not None:
            self._inside.pop()
            if not self._inside:
                self._segment("".join(self._text))
                self._text = None
        elif name == "tuv":
            self._code = None
        elif name == "tu":
            self._rows.append({code: self._row.get(code, "") for code in self._wanted})

    def _characters(self, text: str) -> None:
        if self._text is None or self._code is None or self._inside[-1] not in _TEXT:
            return
        self._text.append(text)
        self._size += len(text.encode())
        if self._size > MAX_LINE_BYTES:
            raise UserError(
                f"{self._where()}: the segment is longer than {MAX_LINE_BYTES:,} bytes. "
                "Split it into sentences, or look for a lost end of it."
            )

    def _segment(self, text: str) -> None:
        if self._code is not None:
            self._row.setdefault(self._code, text.replace("\n", " "))
            self._found.add(self._code)

    def _language(self, attributes: dict[str, str]) -> str | None:
        """The wanted language that a variant is in: the same tag, or a region or script of it. None = another."""
        tag = attributes.get("xml:lang", attributes.get("lang"))
        if tag is None:
            raise UserError(f"{self._where()}: a variant (tuv) has no xml:lang. Add it, or delete the unit.")
        self._seen[tag] = None
        plain = tag.lower().replace("_", "-")
        for code, wanted in self._wanted.items():
            if plain == wanted or plain.startswith(f"{wanted}-"):
                return code
        return None

    def _refuse_entity(self, name: str, *_: object) -> None:
        raise UserError(
            f"{self._where()}: the file declares the entity '{name}', which could hide any amount of text. "
            "Replace it by its text, and delete the declaration."
        )

    def _refuse_unknown(self, name: str, *_: object) -> None:
        raise UserError(f"{self._where()}: the entity '&{name};' is not known. Replace it by its character.")

    def _where(self) -> str:
        return f"{self._path}:{self._parser.CurrentLineNumber}"
