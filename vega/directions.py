"""Translation directions: parsing, listing, and the probabilities with which training samples them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vega.errors import UserError
from vega.languages import language


class Direction(NamedTuple):
    """One translation direction, written `en-de`."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source}-{self.target}"

    @property
    def reversed(self) -> Direction:
        return Direction(self.target, self.source)


def parse_direction(text: str) -> Direction:
    """Read `en-de`; both languages must be in the table and differ."""
    parts = text.split("-")
    if len(parts) != 2 or parts[0] == parts[1]:
        raise UserError(f"'{text}' is not a direction. Write source-target with two languages, as in en-de.")
    return Direction(language(parts[0]).code, language(parts[1]).code)


def english_centric(languages: Sequence[str]) -> list[Direction]:
    """Every language to and from English, in the order given."""
    others = [code for code in languages if code != "en"]
    return [d for code in others for d in (Direction("en", code), Direction(code, "en"))]


def temperature_weights(sizes: Mapping[str, int], temperature: float) -> dict[str, float]:
    """Sampling probabilities p_i proportional to n_i^(1/T), as in multilingual BERT and M2M-100.

    T = 1 samples in proportion to size, T to infinity samples every entry alike. They sum to 1.
    """
    if temperature <= 0:
        raise UserError(f"The sampling temperature must be above 0, got {temperature}.")
    scaled = {name: size ** (1.0 / temperature) for name, size in sizes.items() if size > 0}
    total = sum(scaled.values())
    return {name: scaled.get(name, 0.0) / total for name in sizes} if total else dict.fromkeys(sizes, 0.0)
