"""How much of each direction and source training reads: from the user's weights, or from sizes and a temperature."""

from __future__ import annotations

import json
from collections import Counter

from fairseq_plugins.data.bitext import MultidirectionalDataset
from vega.directions import temperature_weights
from vega.errors import UserError


def sampling_weights(dataset: MultidirectionalDataset, given: str, temperature: float) -> dict[str, float]:
    """Sampling probability of each stream. `given` is `--sampling-weights`, JSON, or empty for the temperature."""
    sizes = {b.stream: len(b.source) for b in dataset.bitexts}
    if not given:
        return temperature_weights(sizes, temperature)
    weights = _read(given, sizes)
    # A direction's weight is shared by its sources in proportion to their size.
    of_direction: Counter[str] = Counter()
    for name, size in sizes.items():
        of_direction[_direction(name)] += size
    raw = {
        name: weights.get(name, weights.get(_direction(name), 0.0) * size / of_direction[_direction(name)])
        for name, size in sizes.items()
    }
    total = sum(raw.values())
    if total <= 0:
        raise UserError("--sampling-weights: at least one weight must be above 0.")
    return {name: weight / total for name, weight in raw.items()}


def _direction(stream: str) -> str:
    return stream.split("/")[0]


def _read(given: str, sizes: dict[str, int]) -> dict[str, float]:
    try:
        weights: dict[str, float] = json.loads(given)
    except json.JSONDecodeError as error:
        raise UserError(f'--sampling-weights is not JSON ({error}). Write {{"en-de": 2, "de-en/news": 1}}.') from None
    known = {*sizes, *map(_direction, sizes)}
    for name, weight in weights.items():
        if name not in known:
            raise UserError(f"--sampling-weights: no text for '{name}'. There is: {', '.join(sorted(known))}.")
        if weight < 0:
            raise UserError(f"--sampling-weights: {name} has the weight {weight}, it must be 0 or more.")
    return weights


def planned_token_shares(dataset: MultidirectionalDataset, weights: dict[str, float]) -> dict[str, float]:
    """Share of target tokens each stream should have: its sampling probability times its mean target length."""
    tokens = {b.stream: weights[b.stream] * b.target.num_tokens / max(1, len(b.target)) for b in dataset.bitexts}
    total = sum(tokens.values())
    return {name: value / total for name, value in tokens.items()}
