"""spBLEU: BLEU over the pieces of a SentencePiece model that lies on this machine.

sacreBLEU's own `flores101` and `flores200` tokenizers download their model; here the file is named in the settings.
With the same file the score is the same. The signature has the first twelve digits of the file's SHA-256.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.tokenizers.tokenizer_base import BaseTokenizer
from sentencepiece import SentencePieceProcessor

from vega.errors import UserError
from vega.manifest import hash_file

#: Lines whose pieces are kept: those of the references are asked for once per system.
_KEPT = 2**16


class SentencePieceTokenizer(BaseTokenizer):
    """The pieces of a line with blanks between, as sacreBLEU's `TokenizerSPM` gives them."""

    def __init__(self, model: Path) -> None:
        if not model.is_file():
            raise UserError(
                f"{model}: no such file. spBLEU needs a SentencePiece model; for scores that compare with others' "
                "bring the one of FLORES (sacrebleu_tokenizer_spm.model) and name it in evaluate.spm_model."
            )
        try:
            self._pieces = SentencePieceProcessor(model_file=str(model))
        except (RuntimeError, OSError) as error:
            raise UserError(f"{model}: not a SentencePiece model ({error}). Is the file whole?") from None
        self._hash = hash_file(model)[:12]
        self._encode = lru_cache(maxsize=_KEPT)(self._join)

    def signature(self) -> str:
        """What stands after `tok:`."""
        return f"spm-sha256-{self._hash}"

    def __call__(self, line: str) -> str:
        return self._encode(line)

    def _join(self, line: str) -> str:
        return " ".join(self._pieces.encode(line, out_type=str))


class SentencePieceBLEU(BLEU):
    """sacreBLEU's BLEU with that tokenizer; only the constructor differs. `references`: `vega.metrics.References`."""

    def __init__(self, model: Path, references: Any) -> None:
        super().__init__(tokenize="none")
        self.tokenizer = SentencePieceTokenizer(model)
        self.tokenizer_signature = self.tokenizer.signature()
        self._ref_cache = self._cache_references(references)
