"""How much of each direction and set training draws: from the user's weights, or from sizes and a temperature.

Weights name text in five ways, from the most exact: `en-de/news` (a set in a direction), `en-de/bt` (a tag in a
direction), `news` (a set), `bt` (a tag; `genuine` = text without one), `en-de` (a direction).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence

from fairseq_plugins.data.bitext import Bitext, MultidirectionalDataset
from vega.directions import temperature_weights
from vega.errors import UserError

logger = logging.getLogger(__name__)

#: The name of text without a tag.
GENUINE = "genuine"


def sampling_weights(
    dataset: MultidirectionalDataset,
    weights: Mapping[str, float],
    temperature: float,
    synthetic_share: float | None = None,
    where: str = "--sampling-weights",
) -> dict[str, float]:
    """Sampling probability of each stream; `where` the weights were stated, for errors. Without them: temperature.

    With `synthetic_share`, tagged sets give that share of the sentences of each direction that has text of both kinds;
    a direction's probability, and the proportions inside of each kind, stay as they were.
    """
    if weights:
        raw = _from_weights(dataset, weights, where)
    else:
        raw = temperature_weights({b.stream: len(b.source) for b in dataset.bitexts}, temperature)
    if synthetic_share is not None:
        raw = _with_share(dataset, raw, synthetic_share)
    total = sum(raw.values())
    if total <= 0:
        raise UserError(f"{where}: at least one weight of text that is there must be above 0.")
    return {name: weight / total for name, weight in raw.items()}


def read_weights(given: str) -> dict[str, float]:
    """The value of --sampling-weights."""
    try:
        weights: dict[str, float] = json.loads(given or "{}")
    except json.JSONDecodeError as error:
        raise UserError(f'--sampling-weights is not JSON ({error}). Write {{"en-de": 2, "de-en/news": 1}}.') from None
    return weights


def streams_named(dataset: MultidirectionalDataset, name: str, where: str) -> tuple[int, tuple[int, ...]]:
    """The indices of the streams that `name` means, and how exact it is, 0 = most; UserError if there are none."""
    found: dict[int, list[int]] = {}
    for which, bitext in enumerate(dataset.bitexts):
        for exactness, called in enumerate(_names(bitext)):
            if called == name:
                found.setdefault(exactness, []).append(which)
    if not found:
        known = sorted({called for bitext in dataset.bitexts for called in _names(bitext) if "/" not in called})
        raise UserError(
            f"{where}: no text for '{name}'. There is: {', '.join(known)}, and {dataset.bitexts[0].stream}."
        )
    if len({tuple(members) for members in found.values()}) > 1:
        raise UserError(f"{where}: '{name}' is a tag and the name of a set with other text. Rename the set.")
    return min(found), tuple(found[min(found)])


def _names(bitext: Bitext) -> tuple[str, str, str, str, str]:
    """What may be said to mean a stream, the most exact first."""
    kind = bitext.tag or GENUINE
    return bitext.stream, f"{bitext.group}/{kind}", bitext.name, kind, bitext.group


def _from_weights(dataset: MultidirectionalDataset, weights: Mapping[str, float], where: str) -> dict[str, float]:
    """A name's weight is shared by its streams in proportion to their size; the most exact name holds."""
    sizes = [len(b.source) for b in dataset.bitexts]
    raw = [0.0] * len(sizes)
    exactest = [5] * len(sizes)
    for name, weight in weights.items():
        if not isinstance(weight, int | float) or weight < 0:
            raise UserError(f"{where}: {name} has the weight {weight}, it must be a number, 0 or more.")
        exactness, members = streams_named(dataset, name, where)
        total = sum(sizes[which] for which in members)
        for which in members:
            if exactness < exactest[which]:
                exactest[which] = exactness
                raw[which] = weight * sizes[which] / max(1, total)
    return {bitext.stream: weight for bitext, weight in zip(dataset.bitexts, raw, strict=True)}


def _with_share(dataset: MultidirectionalDataset, raw: Mapping[str, float], share: float) -> dict[str, float]:
    changed = dict(raw)
    for direction in dict.fromkeys(b.group for b in dataset.bitexts):
        mine = [b for b in dataset.bitexts if b.group == direction]
        parts = [sum(raw[b.stream] for b in mine if bool(b.tag) is synthetic) for synthetic in (False, True)]
        if not all(parts):
            kind = "genuine" if parts[0] else "synthetic"
            logger.info(f"plan: {direction} has {kind} text only: a synthetic share of {share:g} cannot be kept")
            continue
        for bitext in mine:
            wanted = share if bitext.tag else 1 - share
            changed[bitext.stream] = raw[bitext.stream] / parts[bool(bitext.tag)] * wanted * sum(parts)
    return changed


def tokens_per_sentence(dataset: MultidirectionalDataset, weights: Mapping[str, float]) -> dict[str, float]:
    """Target tokens that each stream gives to a sentence drawn, in the mean: probability times mean target length."""
    return {b.stream: weights[b.stream] * b.target.num_tokens / max(1, len(b.target)) for b in dataset.bitexts}


def shares(values: Mapping[str, float]) -> dict[str, float]:
    """Each value over their sum."""
    total = sum(values.values())
    return {name: value / total for name, value in values.items()} if total else dict(values)


def added(values: Sequence[Mapping[str, float]], times: Sequence[float]) -> dict[str, float]:
    """The weighted sum of mappings with equal keys."""
    return {
        name: sum(factor * each[name] for each, factor in zip(values, times, strict=True))
        for name in (values[0] if values else ())
    }
