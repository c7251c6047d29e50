"""Synthesis rounds compared: how much text of which kind each model had, what it consumed, and how it scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eval.report.data_stages import DataStages
from eval.report.read_run import Run
from eval.report.synthesis import totals

GENUINE, SYNTHETIC = "genuine", "synthetic"


def compare_rounds(run: Run) -> list[dict[str, Any]]:
    """One entry per multidirectional model, the one of genuine text first; empty for a run without rounds.

    `directions`: direction -> sentences, `scores` by metric, `gain` over the first model, and the synthetic share of
    target tokens, planned and consumed. None where a stage has not run.
    """
    if not run.rounds:
        return []
    first = None
    entries = []
    for stages in (run.stages, *run.rounds.values()):
        entry = _entry(run, stages)
        first = first or entry
        _add_gains(entry, first)
        entries.append(entry)
    return entries


def _entry(run: Run, stages: DataStages) -> dict[str, Any]:
    training = stages.stage("train")
    system = run.trained.get(training)
    scores = _scores(run.scores, system)
    sets = [each for each in (stages.binarize or {}).get("sets", []) if each.get("split") == "train"]
    mixture = run.mixture.get(training)
    directions = dict.fromkeys([*_scored(run.scores), *_streamed(run.mixture)])
    cleaned = list(((stages.clean or {}).get("corpora") or {}).values())
    return {
        "round": stages.round,
        "stage": training,
        "system": system,
        "updates": _updates(run, training),
        "synthesized": totals(stages.synthesize) if stages.synthesize else None,
        "cleaned": _sums(cleaned, "read", "kept") if cleaned else None,
        "leakage": {key: stages.leakage.get(key) for key in ("passed", "hits")} if stages.leakage else None,
        "sentences": {
            GENUINE: _pairs(each for each in sets if not each.get("tag")),
            SYNTHETIC: _pairs(each for each in sets if each.get("tag")),
        }
        if sets
        else None,
        "directions": {
            name: {
                "sentences": _sentences(sets, name) if sets else None,
                "planned": _synthetic_share(sets, mixture["plan"], name) if mixture else None,
                "consumed": _synthetic_share(sets, mixture["consumed"], name) if mixture else None,
                "scores": scores.get(name, {}),
            }
            for name in directions
        },
        "means": _means(scores),
    }


def _sums(facts: Iterable[Mapping[str, int]], *keys: str) -> dict[str, int]:
    return {key: sum(each.get(key, 0) for each in facts) for key in keys}


def _pairs(sets: Iterable[Mapping[str, Any]]) -> int:
    """Sentences of sets; one text that is trained on under two tags counts once."""
    texts = {}
    for each in sets:
        files = each.get("files")
        texts[tuple(sorted(files.items())) if files else (each["name"], *each["languages"])] = each["sentences"]
    return sum(texts.values())


def _updates(run: Run, training: str) -> float | None:
    points = run.curves.get(training, {}).get("train") or []
    return points[-1]["updates"] if points else None


def _scored(scores: Iterable[Mapping[str, Any]]) -> list[str]:
    return [str(row["direction"]) for row in scores]


def _streamed(mixtures: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[str]:
    return [stream.partition("/")[0] for mixture in mixtures.values() for stream in mixture["plan"]]


def _sentences(sets: Iterable[Mapping[str, Any]], direction: str) -> dict[str, int]:
    """Sentences trained in a direction: genuine, synthetic, and by tag."""
    counts = {GENUINE: 0, SYNTHETIC: 0}
    for each in sets:
        if set(direction.split("-")) <= set(each["languages"]) and direction in (each.get("directions") or [direction]):
            tag = each.get("tag")
            counts[SYNTHETIC if tag else GENUINE] += each["sentences"]
            if tag:
                counts[tag] = counts.get(tag, 0) + each["sentences"]
    return counts


def _synthetic_share(sets: Iterable[Mapping[str, Any]], shares: Mapping[str, float], direction: str) -> float | None:
    """Share of synthetic text among a direction's target tokens; streams are `direction/source`."""
    tagged = {each["name"] for each in sets if each.get("tag")}
    own = {stream.partition("/")[2]: share for stream, share in shares.items() if stream.startswith(f"{direction}/")}
    total = sum(own.values())
    return sum(share for source, share in own.items() if source in tagged) / total if total else None


def _scores(rows: Iterable[Mapping[str, Any]], system: str | None) -> dict[str, dict[str, float]]:
    """direction -> metric -> score of a system, the mean over test sets."""
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        if system is not None and row["system"] == system:
            found.setdefault(row["direction"], {}).setdefault(row["metric"], []).append(float(row["score"]))
    return {name: {m: sum(each) / len(each) for m, each in metrics.items()} for name, metrics in found.items()}


def _means(scores: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    metrics = dict.fromkeys(metric for of_direction in scores.values() for metric in of_direction)
    return {
        metric: sum(values) / len(values)
        for metric in metrics
        if (values := [of_direction[metric] for of_direction in scores.values() if metric in of_direction])
    }


def _add_gains(entry: dict[str, Any], first: Mapping[str, Any]) -> None:
    for name, facts in entry["directions"].items():
        base = first["directions"][name]["scores"]
        facts["gain"] = {metric: score - base[metric] for metric, score in facts["scores"].items() if metric in base}
    entry["gain"] = {
        metric: mean - first["means"][metric] for metric, mean in entry["means"].items() if metric in first["means"]
    }
