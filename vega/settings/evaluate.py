"""Settings of `vega evaluate`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from vega.languages import language
from vega.settings.base import Strict
from vega.settings.corpora import Corpus
from vega.settings.neural import NeuralMetric

MetricName = Literal["bleu", "chrf", "chrf++", "ter", "spbleu"]
#: Those of sacreBLEU's that need no download.
Tokenizer = Literal["13a", "intl", "zh", "ja-mecab", "ko-mecab", "char", "none"]


class AboutTestSet(Strict):
    """What is known of a test set besides its text."""

    test_set: str = Field(description="name of the test set")
    languages: list[str] = Field(default=[], description="of the one that has all these; empty = all of that name")
    references: dict[str, list[Path]] = Field(
        default={},
        description="language -> files with further references, line i of each is that of row i; an empty line = this "
        "one has none",
    )
    meta: Path | None = Field(
        default=None, description="file with a line per row, columns between tabs; plain, .gz, .xz or .zst"
    )
    domain: int = Field(default=0, ge=0, description="column of `meta` with the domain, from 1; 0 = none")
    document: int = Field(default=0, ge=0, description="column of `meta` with the document's name, from 1; 0 = none")

    @model_validator(mode="after")
    def _consistent(self) -> AboutTestSet:
        for code in (*self.languages, *self.references):
            language(code)
        if (self.meta is None) != (self.domain == self.document == 0):
            raise ValueError("meta: name the file and a column in it, domain or document, or neither")
        return self

    def filled(self, path: Callable[[str], str]) -> AboutTestSet:
        """With the paths that `path` makes of those stated."""
        references = {code: [Path(path(str(file))) for file in files] for code, files in self.references.items()}
        meta = None if self.meta is None else Path(path(str(self.meta)))
        return self.model_copy(update={"references": references, "meta": meta})

    def is_of(self, corpus: Corpus) -> bool:
        """Whether it is about this test set."""
        return self.test_set == corpus.name and set(self.languages) <= set(corpus.languages)


class EvaluateOptions(Strict):
    """Options of the stage, as a recipe states them."""

    metrics: list[MetricName] = Field(
        default=["bleu", "chrf"], description="metrics of sacreBLEU; spbleu reads `spm_model`"
    )
    tokenizers: dict[str, Tokenizer] = Field(
        default={},
        description="target language -> sacreBLEU's tokenizer for BLEU, where not the usual one (13a; zh, ja-mecab; "
        "char for Korean)",
        examples=[{"ja": "char"}],
    )
    spm_model: Path | None = Field(default=None, description="SentencePiece model of spBLEU, a file; never downloaded")
    resamples: int = Field(
        default=1000,
        ge=0,
        description="bootstrap resamples, for 95 % intervals and for every pair of systems; 0 = none",
    )
    trials: int = Field(
        default=10000, ge=0, description="trials of approximate randomization for every pair of systems; 0 = none"
    )
    seed: int = Field(default=12345, description="seed of both")
    neural: list[NeuralMetric] = Field(default=[], description="metrics with a trained model, such as COMET")
    about: list[AboutTestSet] = Field(default=[], description="further references, domains and documents of test sets")

    @model_validator(mode="after")
    def _complete(self) -> EvaluateOptions:
        for code in self.tokenizers:
            language(code)
        if "spbleu" in self.metrics and self.spm_model is None:
            raise ValueError("spm_model: spbleu needs the file of a SentencePiece model")
        return self

    def filled(self, path: Callable[[str], str]) -> Self:
        """With the paths that `path` makes of those stated."""
        model = None if self.spm_model is None else Path(path(str(self.spm_model)))
        about, neural = ([each.filled(path) for each in some] for some in (self.about, self.neural))
        return self.model_copy(update={"spm_model": model, "about": about, "neural": neural})


class EvaluateSettings(EvaluateOptions):
    """Score translations with sacreBLEU, with signatures, confidence intervals and tests of significance."""

    translations: Path = Field(description="folder written by `vega translate`")
    test: list[Corpus] = Field(description="test sets, raw text", min_length=1)

    @model_validator(mode="after")
    def _known_sets(self) -> EvaluateSettings:
        for about in self.about:
            if not any(about.is_of(corpus) for corpus in self.test):
                known = ", ".join(f"{corpus.name} ({corpus.group})" for corpus in self.test)
                raise ValueError(f"about: no test set '{about.test_set}' with these languages; known: {known}")
        return self
