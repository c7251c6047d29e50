"""Data flow: from raw lines through cleaning and encoding to the tokens that training consumed, and what was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eval.report.data_stages import stage_name

KEPT, SET_ASIDE = "kept", "set aside"


def data_flow(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """{"lines": steps that count lines, "sets": a row per set trained on}; None where no stage has counted.

    A step is {"step", "parts": {"kept" or a reason: lines}}. `sets` have sentences, tokens of all languages, target
    tokens consumed, and passes: consumed tokens over those that one pass in the same directions has.
    """
    rounds = [("", report["data"]), *((facts["round"], facts) for facts in report["rounds"])]
    lines = [step for name, facts in rounds for step in _steps(name, facts)]
    sets = [row for name, facts in rounds for row in _sets(name, facts, report["mixture"])]
    return {"lines": lines, "sets": sets} if lines or sets else None


def _steps(name: str, facts: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    texts = (facts.get("synthesize") or {}).get("texts") or {}
    if texts:
        yield {"step": stage_name("synthesize", name), "parts": _parts(texts.values())}
    corpora = (facts.get("clean") or {}).get("corpora") or {}
    if corpora:
        yield {"step": stage_name("clean", name), "parts": _parts(corpora.values())}
    splits: Counter[str] = Counter()
    for each in _different(facts):
        splits[str(each.get("split"))] += each.get("sentences", 0)
    if splits:
        parts = {KEPT if split == "train" else f"{split} set": count for split, count in splits.items()}
        yield {"step": stage_name("binarize", name), "parts": parts}


def _parts(reports: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    parts: Counter[str] = Counter()
    for each in reports:
        parts[KEPT] += each.get("kept", 0)
        parts.update(each.get("dropped") or {})
        parts[SET_ASIDE] += sum((each.get("quarantined") or {}).values())
    first = {KEPT: parts.pop(KEPT, 0)}
    return first | {reason: count for reason, count in parts.most_common() if count}


def _different(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The sets; one text that is trained on under two tags counts once."""
    found = {}
    for each in (facts.get("binarize") or {}).get("sets", []):
        files = each.get("files")
        text = tuple(sorted(files.items())) if files else (each["name"], *each["languages"])
        found[each.get("split"), text] = each
    return list(found.values())


def _sets(name: str, facts: Mapping[str, Any], mixtures: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    sets = [each for each in (facts.get("binarize") or {}).get("sets", []) if each.get("split") == "train"]
    stage = stage_name("train", name)
    consumed = (mixtures.get(stage) or {}).get("consumed_tokens")
    for set_name in dict.fromkeys(str(each["name"]) for each in sets):
        own = [each for each in sets if each["name"] == set_name]
        eaten, whole = _consumed(own, set_name, consumed) if consumed else (None, None)
        yield {
            "stage": stage,
            "set": set_name,
            "sentences": sum(each.get("sentences", 0) for each in own),
            "tokens": sum(sum(each["tokens"].values()) for each in own),
            "consumed": eaten,
            "passes": eaten / whole if eaten is not None and whole else None,
        }


def _consumed(own: Sequence[Mapping[str, Any]], name: str, consumed: Mapping[str, float]) -> tuple[float, float]:
    """Target tokens consumed of a set, and those of one pass over it in the same directions."""
    eaten = whole = 0.0
    for stream, tokens in consumed.items():
        direction, _, source = stream.partition("/")
        if source == name:
            eaten += tokens
            languages = set(direction.split("-"))
            whole += sum(
                each["tokens"].get(direction.split("-")[-1], 0)
                for each in own
                if languages <= set(each["languages"]) and direction in (each.get("directions") or [direction])
            )
    return eaten, whole
