"""Settings of `vega vocab`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vega.settings.base import Strict
from vega.settings.corpora import Corpus


class Form(Strict):
    """What is done to text beyond its plain form; by default nothing."""

    entities: bool = Field(default=False, description="HTML entities become their characters: &amp; is &")
    width: bool = Field(
        default=False,
        description="full-width letters and digits become ASCII, half-width kana full; not in ja, zh: signs too",
    )
    punctuation: bool = Field(
        default=False, description="variants of quotation marks, dashes and dots become those of ASCII; not in ja, zh"
    )


class VocabOptions(Strict):
    """Options of the stage, as a recipe states them."""

    size: int = Field(default=16_000, ge=100, description="SentencePiece pieces; tags come on top")
    model_type: Literal["unigram", "bpe"] = Field(default="unigram", description="SentencePiece algorithm")
    character_coverage: float = Field(default=0.9995, gt=0, le=1, description="share of characters kept as pieces")
    byte_fallback: bool = Field(default=True, description="spell unknown characters in bytes instead of <unk>")
    temperature: float = Field(
        default=5.0,
        gt=0,
        description="sampling of languages for the training text, p ~ n^(1/T): 1 = by size, larger = more even",
    )
    max_sentences: int = Field(default=2_000_000, ge=1, description="sentences given to SentencePiece at most")
    seed: int = Field(default=1, description="seed of the sample")
    normalize: Form = Field(
        default=Form(),
        description="what is done to text whenever it is encoded, for training and for translation: {entities: true} "
        "makes &amp; an &, {width: true} full-width letters and digits ASCII and half-width kana full, "
        "{punctuation: true} quotation marks, dashes and dots ASCII's; ja and zh keep their own signs. Cleaned text "
        "stays as it is",
    )


class VocabSettings(VocabOptions):
    """Train one joint SentencePiece model and write fairseq's dictionary with language and data tags."""

    corpora: list[Corpus] = Field(description="cleaned training text", min_length=1)
