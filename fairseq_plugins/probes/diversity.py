"""How many different words and n-grams translations have, beside the references (`vega.methods.diversity`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairseq_plugins.dev.text import Part
from vega.methods.diversity import diversity
from vega.metrics import build_metric

#: What the references are called in the table.
REFERENCE = "reference"


def diversity_rows(system: str, parts: Sequence[Part], outputs: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """A row per dev set. Words are those of sacreBLEU's tokenizer for the target language."""
    rows = []
    for part, lines in zip(parts, outputs, strict=True):
        tokenizer = build_metric("bleu", part.direction.target, [""]).tokenizer
        found = diversity([tokenizer(line).split() for line in lines])
        rows.append({"system": system, "set": part.label, **found._asdict()})
    return rows
