"""`vega tuning-text`: text for generalization tuning, and dev sentences by domain, into one folder.

tuning.{group}.{lang}            the text, balanced over domains; tuning.{group}.domain says the domain of each line
dev.{group}.{lang}               all sentences of choose/, for early stopping
choose/{domain}.{group}.{lang}   dev sentences that the point between the models is chosen by
check/{domain}.{group}.{lang}    dev sentences that the gains are measured on
tuning.json                      counts, and the corpora of choose/ and check/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from data_pipeline.corpora import check_exist
from data_pipeline.leakage.index import build_index
from data_pipeline.tuning.dev import Dev, Parts, dev_parts
from data_pipeline.tuning.pool import gather
from data_pipeline.tuning.scores import Row, kind_of_score
from data_pipeline.tuning.selection import Chosen, choose
from vega.atomic import atomic_files, write_json
from vega.disk import explain_full_disk
from vega.errors import UserError
from vega.progress import say
from vega.settings.tuning import TUNING_FILE, Labelled, TuningTextSettings

TUNING, DEV, INDEX = "tuning", "dev", "test_sets.index"
CHOOSE, CHECK = "choose", "check"


def run(settings: TuningTextSettings, output: Path) -> None:
    """Write what the module says into `output`, or nothing."""
    labelled = [*settings.train, *settings.given, *settings.dev]
    check_exist([each.corpus for each in labelled])
    _check_labels(labelled)
    score = kind_of_score(settings.score, settings.train)
    with explain_full_disk(output), atomic_files(output) as folder:
        index = folder / INDEX
        build_index(settings.held_out, index, settings.ignore)
        pools, clusters = gather(settings, score)
        dev = dev_parts(settings, clusters)
        chosen = {group: choose(pool, score, index, settings) for group, pool in pools.items()}
        _check_held_out(dev, chosen, settings)
        for group, domains in chosen.items():
            _write_text(folder, group, domains)
        _write_dev(folder, dev)
        write_json(folder / TUNING_FILE, _facts(settings, score, chosen, dev))


def _check_labels(labelled: Iterable[Labelled]) -> None:
    for each in labelled:
        for path in (each.labels, each.provenance):
            if path is not None and not path.exists():
                raise UserError(f"{path}: no such file. It belongs to the corpus {each.corpus.name}.")


def _check_held_out(dev: Dev, chosen: dict[str, dict[str, Chosen]], settings: TuningTextSettings) -> None:
    known = {domain for domains in chosen.values() for domain in domains}
    assert not known & set(settings.held_out_domains)
    for group, domains in chosen.items():
        if not any(each.rows for each in domains.values()):
            reasons = sum((each.dropped for each in domains.values()), Counter())
            raise UserError(
                f"There is no tuning text in {group}: {dict(reasons) or 'all its domains are held out'}. Name other "
                "sources, or add text as `extra`."
            )
    if judged := {part.domain for part in dev.choose}:
        say(f"dev sentences of {len(judged)} domains: {', '.join(sorted(judged))}")


def _write_rows(folder: Path, stem: str, rows: list[Row]) -> None:
    folder.mkdir(exist_ok=True)
    for code in rows[0] if rows else ():
        text = "".join(f"{row[code]}\n" for row in rows)
        (folder / f"{stem}.{code}").write_text(text, encoding="utf-8")


def _write_text(folder: Path, group: str, domains: dict[str, Chosen]) -> None:
    rows = [(name, row) for name, chosen in domains.items() for row in chosen.repeated()]
    _write_rows(folder, f"{TUNING}.{group}", [row for _, row in rows])
    (folder / f"{TUNING}.{group}.domain").write_text("".join(f"{name}\n" for name, _ in rows), encoding="utf-8")
    counts = ", ".join(f"{name} {len(chosen.rows):,}" for name, chosen in domains.items())
    say(f"{group}: {len(rows):,} lines to tune on; different ones by domain: {counts}")


def _write_dev(folder: Path, dev: Dev) -> None:
    together: dict[str, list[Row]] = {}
    for part, rows in dev.choose.items():
        together.setdefault(part.group, []).extend(rows)
    for group, rows in together.items():
        _write_rows(folder, f"{DEV}.{group}", rows)
    for name, parts in ((CHOOSE, dev.choose), (CHECK, dev.check)):
        for part, rows in parts.items():
            _write_rows(folder / name, f"{part.domain}.{part.group}", rows)


def _facts(settings: TuningTextSettings, score: str, chosen: dict[str, dict[str, Chosen]], dev: Dev) -> dict[str, Any]:
    return {
        "score": score,
        "held_out_domains": settings.held_out_domains,
        "text": {group: {name: each.facts() for name, each in domains.items()} for group, domains in chosen.items()},
        CHOOSE: _described(CHOOSE, dev.choose),
        CHECK: _described(CHECK, dev.check),
    }


def _described(folder: str, parts: Parts) -> list[dict[str, Any]]:
    """Each part as a corpus, its files beside tuning.json."""
    return [
        {
            "name": part.domain,
            "languages": part.group.split("-"),
            "files": f"{folder}/{part.domain}.{part.group}.{{lang}}",
            "lines": len(rows),
        }
        for part, rows in sorted(parts.items())
    ]
