"""The page's sections on data: report.json's facts in the shape that the templates show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from markupsafe import Markup

from eval.report.data_charts import mirror_chart, part_colours, stacked_chart
from eval.report.data_stages import DataStages
from eval.report.dropped import Shown, shown_lines
from eval.report.histograms import Histogram
from eval.report.synthesis import gates, table, totals

#: Histograms on the page, over all stages; corpora in one chart. report.json has all.
MOST_HISTOGRAMS, MOST_BARS = 240, 40

#: Rules with a colour of their own; what others dropped is one part of the bar.
OWN_COLOUR = 5
KEPT, OTHERS, SET_ASIDE = "kept", "other rules", "set aside"


def data_sections(report: Mapping[str, Any], metrics: Sequence[str]) -> dict[str, Any]:
    """Everything that data.html, dropped.html and rounds.html need."""
    rounds = [_stages("", report["data"]), *(_stages(facts["round"], facts) for facts in report["rounds"])]
    lines, more = shown_lines(rounds)
    room = MOST_HISTOGRAMS
    cleanings = []
    for stages in rounds:
        if stages.clean:
            cleanings.append(cleaning(stages, room))
            room -= cleanings[-1]["histograms"]
    return {
        "cleanings": cleanings,
        "leakages": [leakage(stages) for stages in rounds if stages.leakage],
        "binarized": [
            {"stage": stages.stage("binarize"), "facts": stages.binarize} for stages in rounds if stages.binarize
        ],
        "lines": lines,
        "lines_left_out": more,
        "choices": choices(lines),
        "syntheses": [synthesis(stages) for stages in rounds if stages.synthesize],
        "comparison": report["comparison"],
        "metrics": metrics,
    }


def _stages(name: str, facts: Mapping[str, Any]) -> DataStages:
    own = {key: value for key, value in facts.items() if key not in ("round", "histograms")}
    histograms = {
        corpus: [Histogram(**each) for each in found] for corpus, found in (facts.get("histograms") or {}).items()
    }
    return DataStages(round=name, **own, histograms=histograms)


def cleaning(stages: DataStages, room: int) -> dict[str, Any]:
    """One clean stage: its corpora, the chart of them, and its filters with at most `room` histograms."""
    corpora = (stages.clean or {}).get("corpora") or {}
    dropped: Counter[str] = Counter()
    for corpus in corpora.values():
        dropped.update(corpus.get("dropped") or {})
    rules = [rule for rule, _ in sorted(dropped.items(), key=lambda item: -item[1])]
    rows = {name: _corpus_row(corpus) for name, corpus in corpora.items()}
    filters = _filters(stages, corpora, room)
    return {
        "stage": stages.stage("clean"),
        "rules": rules,
        "rows": rows,
        "total": {
            key: sum(row[key] for row in rows.values()) for key in ("read", "kept", "set_aside")
        } | {"dropped": dropped},
        "chart": _chart(rows, rules),
        "legend": part_colours(_parts(rows, rules)),
        "bars_left_out": max(len(rows) - MOST_BARS, 0),
        "filters": filters,
        "histograms": sum(len(found["charts"]) for found in filters),
    }  # fmt: skip


def _corpus_row(corpus: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "read": corpus.get("read", 0),
        "kept": corpus.get("kept", 0),
        "dropped": corpus.get("dropped") or {},
        "set_aside": sum((corpus.get("quarantined") or {}).values()),
    }


def _parts(rows: Mapping[str, Any], rules: Sequence[str]) -> list[str]:
    parts = [KEPT, *rules[:OWN_COLOUR]]
    if rules[OWN_COLOUR:] or any(row["set_aside"] for row in rows.values()):
        parts.append(f"{OTHERS}, {SET_ASIDE}")
    return parts


def _chart(rows: Mapping[str, Mapping[str, Any]], rules: Sequence[str]) -> Markup:
    """A bar per corpus, the largest ones."""
    parts = _parts(rows, rules)
    largest = sorted(rows, key=lambda name: -rows[name]["read"])[:MOST_BARS]
    bars = {}
    for name in (name for name in rows if name in largest):
        row = rows[name]
        bars[name] = {KEPT: row["kept"], **{rule: row["dropped"].get(rule, 0) for rule in rules[:OWN_COLOUR]}}
        bars[name][parts[-1]] = bars[name].get(parts[-1], 0) + (row["read"] - sum(bars[name].values()))
    notes = {
        name: f"{rows[name]['kept'] / rows[name]['read']:.1%} of {rows[name]['read']:,}" if rows[name]["read"] else "0"
        for name in bars
    }
    title = "Share of lines kept: " + ", ".join(f"{name} {note}" for name, note in notes.items())
    return Markup(stacked_chart(bars, part_colours(parts), notes, title=title))


def _filters(stages: DataStages, corpora: Mapping[str, Any], room: int) -> list[dict[str, Any]]:
    """Each filter with a row per corpus, in the order in which they were applied."""
    names = dict.fromkeys(name for corpus in corpora.values() for name in corpus.get("filters") or {})
    spread = [(each.filter, corpus, each) for corpus, found in (stages.histograms or {}).items() for each in found]
    charts: dict[str, list[tuple[str, Markup]]] = {name: [] for name in names}
    for name, corpus, each in islice(((n, c, e) for n, c, e in spread if n in charts), max(room, 0)):
        charts[name].append((corpus, Markup(mirror_chart(each))))
    return [
        {
            "name": name,
            "rows": [
                {"corpus": corpus, **facts["filters"][name], "choices": _options(facts["filters"][name].get("options"))}
                for corpus, facts in corpora.items()
                if name in (facts.get("filters") or {})
            ],
            "charts": charts[name],
            "sampled": any(each.rows < each.of for filter_, _, each in spread if filter_ == name),
        }
        for name in names
    ]  # fmt: skip


def _options(options: Mapping[str, Any] | None) -> str:
    """Those of a filter's options that say something."""
    return ", ".join(f"{name} {value}" for name, value in (options or {}).items() if value not in ({}, [], None))


def leakage(stages: DataStages) -> dict[str, Any]:
    """One gate's report: what was looked up in which test sets, and a row per training source."""
    facts = stages.leakage or {}
    sides = (facts.get("test_sets") or {}).get("sides") or {}
    return {
        "stage": stages.stage("leakage"),
        "passed": facts.get("passed"),
        "hits": facts.get("hits", 0),
        "allow": facts.get("allow", 0),
        "test_sets": {name: count for part in sides.values() for name, count in part.items()},
        "rows": [
            {
                "source": name,
                "rows": source.get("rows", 0),
                "hits": source.get("hits", 0),
                "kinds": ", ".join(
                    f"{kind} {test_set} {count:,}"
                    for kind, sets in (source.get("kinds") or {}).items()
                    for test_set, count in sets.items()
                ),
            }
            for name, source in (facts.get("sources") or {}).items()
        ],
    }


def synthesis(stages: DataStages) -> dict[str, Any]:
    """One round of synthesis: a row per text, and the gates that dropped pairs."""
    facts = stages.synthesize or {}
    rows = table(facts)
    return {
        "stage": stages.stage("synthesize"),
        "rows": rows,
        "gates": gates(rows),
        "meaning": facts.get("gates") or {},
        "totals": totals(facts),
        "device": ", ".join(str(facts[key]) for key in ("device", "compute_type") if facts.get(key)),
    }


def choices(lines: Sequence[Shown]) -> dict[str, list[str]]:
    """What the lines can be filtered by: stage, corpus, rule, kind, each with its values in the order met."""
    keys = ("stage", "corpus", "rule", "kind")
    return {key: list(dict.fromkeys(getattr(line, key) for line in lines)) for key in keys}
