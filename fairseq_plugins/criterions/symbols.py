"""What the symbols of a dictionary are to a criterion that changes text: text, tags before it, the mask."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import Tensor

from vega.errors import UserError
from vega.vocabulary import MASK, WORD_START

#: How the mask is called in prompts, and in the dictionaries of fairseq's own denoising.
STOCK_MASK = "<mask>"

_SPECIAL = re.compile(
    r"__\w+__"  # our tags, and those of fairseq's multilingual translation
    r"|<.+>"  # <mask>, <lang:xx>
    r"|\[[a-z]{2,3}_[A-Z]\w*\]"  # mBART's languages
    r"|madeupword\d+"  # fills fairseq's dictionaries up
)
_MASKS = (MASK, STOCK_MASK)


def text_symbols(dictionary: Any) -> Tensor:
    """Which symbols are text, (V,) bool: no special ones, tags, masks."""
    is_text = [i >= dictionary.nspecial and not _SPECIAL.fullmatch(s) for i, s in enumerate(dictionary.symbols)]
    return torch.tensor(is_text)


def leading_symbols(dictionary: Any) -> Tensor:
    """Which symbols stand before the text of a source, (V,) bool: tags and <s>."""
    known = [
        i == dictionary.bos() or (i >= dictionary.nspecial and bool(_SPECIAL.fullmatch(s)) and s not in _MASKS)
        for i, s in enumerate(dictionary.symbols)
    ]
    return torch.tensor(known)


def range_of_text(is_text: Tensor) -> tuple[int, int]:
    """The longest run of text symbols, [low, high); UserError with fewer than two."""
    edges = torch.diff(is_text.int(), prepend=torch.zeros(1).int(), append=torch.zeros(1).int())
    starts, ends = (edges == 1).nonzero().flatten(), (edges == -1).nonzero().flatten()
    if not len(starts) or int((ends - starts).max()) < 2:
        raise UserError("vega_e2s2 replaces symbols of text by others, and the source dictionary has fewer than two.")
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest])


def mask_symbol(dictionary: Any, data: str) -> int:
    """The mask's number; UserError if the dictionary of the folder `data` has none."""
    for symbol in _MASKS:
        if symbol in dictionary.indices:
            return int(dictionary.index(symbol))
    raise UserError(
        f"{data}/dict.txt has no symbol {MASK}, which --e2s2-prompt needs. Run `vega vocab` and binarize again, or use "
        "--e2s2-sentence mean."
    )


def prompt_symbols(prompt: str, dictionary: Any, data: str) -> tuple[list[int], int]:
    """The numbers of a prompt's words, and the place of its mask; a word is a piece, or one piece as a word."""
    words = prompt.split()
    if words.count(STOCK_MASK) != 1:
        raise UserError(f"--e2s2-prompt '{prompt}': write {STOCK_MASK} once, where the sentence's vector is read.")
    numbers = []
    for word in words:
        if word == STOCK_MASK:
            numbers.append(mask_symbol(dictionary, data))
            continue
        known = [piece for piece in (WORD_START + word, word) if piece in dictionary.indices]
        if not known:
            raise UserError(
                f"--e2s2-prompt: {data}/dict.txt has no '{word}' and no '{WORD_START}{word}'. Use its pieces."
            )
        numbers.append(int(dictionary.index(known[0])))
    return numbers, words.index(STOCK_MASK)
