"""What a round's synthesize.json says, for the page; what it lacks is None, so that other versions can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eval.report.axes import number

#: What synthesize.json calls a pair that no gate dropped.
KEPT = "kept"

#: Of a text: counts, and speed and cost of the machine.
_FACTS = (
    "step", "kind", "text", "translated", "lines", "candidates", "kept", "target_tokens", "worker_seconds",
    "target_tokens_per_second", "hours_per_million_kept", "cost_per_million_kept",
)  # fmt: skip


def texts(facts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """`name.group` of each text that a round wrote -> its counts and samples."""
    return dict(facts.get("texts") or {})


def table(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row per text: what it is, its counts, dropped pairs by gate, speed and cost."""
    return [
        {
            "name": name,
            **{key: text.get(key) for key in _FACTS},
            "tags": " ".join(f"{tag} in {direction}" for direction, tag in (text.get("tags") or {}).items()),
            "dropped": text.get("dropped") or {},
            "set_aside": sum((text.get("quarantined") or {}).values()),
        }
        for name, text in texts(facts).items()
    ]


def totals(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Of a round: lines translated, pairs made (`candidates`) and kept, and its seconds from start to end."""
    rows = table(facts)
    sums = {key: sum(row[key] or 0 for row in rows) for key in ("lines", "candidates", "kept", "target_tokens")}
    return {**sums, "seconds": facts.get("seconds")}


def gates(rows: list[dict[str, Any]]) -> list[str]:
    """All gates that dropped a pair, in the order met."""
    return list(dict.fromkeys(gate for row in rows for gate in row["dropped"]))


def step_samples(facts: Mapping[str, Any]) -> Iterator[tuple[str, str, int | None, dict[str, str], list[str]]]:
    """(text, outcome, line of its source, its sides, what was measured) of every sample."""
    for name, text in texts(facts).items():
        for outcome, samples in (text.get("samples") or {}).items():
            for sample in samples:
                sides = {"original": str(sample["original"])} if sample.get("original") else {}
                sides |= {str(code): str(side) for code, side in (sample.get("texts") or {}).items()}
                measured = [f"{score} {number(value)}" for score, value in (sample.get("scores") or {}).items()]
                failed = [str(sample["error"])] if sample.get("error") else []
                yield name, outcome, sample.get("line"), sides, measured + failed
