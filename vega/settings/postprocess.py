"""Settings of `vega postprocess`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from vega.settings.base import Strict
from vega.settings.corpora import Corpus


class PostprocessOptions(Strict):
    """Options of the stage, as a recipe states them."""

    learn_from: list[str] = Field(
        default=[],
        description="names of the training corpora to learn conventions from, as those of the test's domain; "
        "empty = all genuine ones",
    )
    min_share: float = Field(
        default=0.66,
        gt=0.5,
        le=1,
        description="share of its uses, mean over corpora, that a way of writing has at least where it is restored; "
        "0.66 = about twice as often as all others together",
    )
    min_count: int = Field(default=50, ge=1, description="uses of all ways of writing a thing at least")
    max_lines: int = Field(
        default=50_000, ge=1, description="lines of each corpus and language to learn from at most, evenly spread"
    )


class PostprocessSettings(PostprocessOptions):
    """Restore what the training targets are clear about: quotation marks, full-width marks, spaces."""

    translations: Path = Field(description="folder written by `vega translate`")
    corpora: list[Corpus] = Field(description="cleaned training text; what has a tag is not learnt from")
