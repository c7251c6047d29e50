"""The joint vocabulary: SentencePiece pieces under fairseq's numbers, and the tags that are no text.

A folder holds `spm.model` and `dict.txt`, and `normalize.json` where text takes more than its plain form. fairseq
numbers `<s> <pad> </s> <unk>` 0 to 3 and then the lines of dict.txt; SentencePiece has numbers of its own. This file
alone knows both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from vega import languages as known
from vega.errors import UserError
from vega.normalize import PLAIN, normalize
from vega.settings import Form
from vega.text_files import read_lines
from vega.vocabulary_files import DICTIONARY, FORM, MODEL

SPECIAL_SYMBOLS = ("<s>", "<pad>", "</s>", "<unk>")
PAD, EOS, UNKNOWN = 1, 2, 3

#: Stands for text that a model has to guess.
MASK = "__mask__"

#: Begins every SentencePiece piece that begins a word.
WORD_START = "▁"
#: Marks of synthetic data (back-, forward-, cycle-translated), of noise, of domains yet to come, and of masked text.
RESERVED_TAGS = ("__bt__", "__ft__", "__ct__", "__noise__", *(f"__domain{i}__" for i in range(16)), MASK)

_TAG = re.compile(r"__[a-z]+[0-9]*__")


def tags_for(languages: Iterable[str]) -> list[str]:
    """The tags of a dictionary, in its order: one per language, sorted, then the reserved ones."""
    return [known.language(code).tag for code in sorted(set(languages))] + list(RESERVED_TAGS)


def read_symbols(path: Path) -> list[str]:
    """Symbols of a fairseq dictionary file, `symbol count` per line; the first gets number 4."""
    symbols = []
    for number, line in enumerate(read_lines(path), start=1):
        symbol, _, count = line.rpartition(" ")
        if not symbol or not count.isdigit():
            raise UserError(f"{path}:{number}: expected 'symbol count', got '{line}'. Is this a fairseq dictionary?")
        symbols.append(symbol)
    if len(set(symbols)) != len(symbols):
        twice = next(symbol for i, symbol in enumerate(symbols) if symbol in symbols[:i])
        raise UserError(f"{path}: '{twice}' is listed twice. Write the vocabulary again with `vega vocab`.")
    return symbols


def write_form(folder: Path, form: Form) -> None:
    """Put a form into the folder of a vocabulary; the plain one needs no file."""
    if form != PLAIN:
        (folder / FORM).write_text(form.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read_form(folder: Path) -> Form:
    """What `write_form` put there; UserError for what it does not write."""
    path = folder / FORM
    if not path.exists():
        return PLAIN
    try:
        return Form.model_validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise UserError(
            f"{path}: {place}{': ' if place else ''}{fault['msg']}. Copy it again from the folder of `vega vocab`."
        ) from None


class Vocabulary:
    """Text to fairseq's symbol numbers and back.

    A line's `language` is the code of what it is written in; a form differs by language.
    """

    def __init__(self, folder: Path, processor: Any, symbols: Sequence[str], form: Form = PLAIN) -> None:
        self.folder, self.form = folder, form
        self.symbols = [*SPECIAL_SYMBOLS, *symbols]
        self.numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        self._processor = processor
        pieces = [processor.id_to_piece(i) for i in range(processor.get_piece_size())]
        text = [i for i in range(len(pieces)) if not (processor.is_control(i) or processor.is_unknown(i))]
        self._check({pieces[i] for i in text})
        self._to_number = [UNKNOWN] * len(pieces)
        for i in text:
            self._to_number[i] = self.numbers[pieces[i]]
        self._numbers = np.array(self._to_number, np.int32)
        self._to_piece = {self._to_number[i]: i for i in text}
        #: Symbols that no text turns into.
        self.tags = [symbol for symbol in symbols if self.numbers[symbol] not in self._to_piece]

    @classmethod
    def load(cls, folder: Path) -> Vocabulary:
        """Read a folder written by `vega vocab`; files that do not belong together are a UserError."""
        from sentencepiece import SentencePieceProcessor

        folder = Path(folder)
        model = folder / MODEL
        if not model.exists():
            raise UserError(f"{model}: no such file. Give a folder written by `vega vocab` or `vega binarize`.")
        try:
            processor = SentencePieceProcessor(model_file=str(model))
        except (OSError, RuntimeError) as error:
            raise UserError(f"{model}: is not a SentencePiece model ({error}).") from None
        return cls(folder, processor, read_symbols(folder / DICTIONARY), read_form(folder))

    def __len__(self) -> int:
        """Symbols with the four special ones, as fairseq counts."""
        return len(self.symbols)

    def normalize(self, line: str, language: str) -> str:
        """A line as a model with this vocabulary reads and writes it."""
        return normalize(line, self.form, language)

    def encode(self, line: str, language: str) -> list[int]:
        """Numbers of a line's pieces, after `normalize`; no end-of-sentence symbol, no tag."""
        return [self._to_number[i] for i in self._processor.encode(self.normalize(line, language))]

    def encode_batch(self, lines: Sequence[str], language: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """`encode` of many lines, faster: all numbers, line after line, (symbols,), and each line's count, (lines,)."""
        # SentencePiece's lists: its arrays, one per line, take longer to make and to join.
        ids = self._processor.encode([self.normalize(line, language) for line in lines], num_threads=1)
        counts = np.fromiter(map(len, ids), np.int32, len(ids))
        flat = np.fromiter(chain.from_iterable(ids), np.int32, int(counts.sum()))
        return self._numbers[flat], counts

    def pieces(self, line: str, language: str) -> list[str]:
        """The pieces of a line, as fairseq-preprocess wants them joined by spaces."""
        found: list[str] = self._processor.encode(self.normalize(line, language), out_type=str)
        return found

    def decode(self, numbers: Iterable[int]) -> str:
        """Text of symbol numbers; special symbols and tags have none, an unknown word becomes ` ⁇ `."""
        unknown: int = self._processor.unk_id()
        ids = [unknown if n == UNKNOWN else self._to_piece.get(n) for n in map(int, numbers)]
        text: str = self._processor.decode([i for i in ids if i is not None])
        return text

    def tag_number(self, code: str) -> int:
        """Symbol number of a language's tag; a UserError if the vocabulary was made without that language."""
        tag = known.language(code).tag
        if tag not in self.numbers:
            others = ", ".join(sorted(t.strip("_") for t in self.tags if t not in RESERVED_TAGS))
            raise UserError(
                f"{self.folder / DICTIONARY}: has no tag {tag} for language '{code}'. It was made for {others}. "
                "Run `vega vocab` again with text in that language."
            )
        return self.numbers[tag]

    def _check(self, pieces: set[str]) -> None:
        strange = [symbol for symbol in self.symbols[4:] if symbol not in pieces and not _TAG.fullmatch(symbol)]
        missing = sorted(pieces - self.numbers.keys())
        if not strange and not missing:
            return
        fault = f"'{strange[0]}' is only in dict.txt" if strange else f"'{missing[0]}' is only in spm.model"
        raise UserError(
            f"{self.folder}: spm.model and dict.txt do not belong together: {fault}, and "
            f"{len(strange) + len(missing) - 1:,} more differ. Take both from the same `vega vocab`."
        )
