"""The whole stage: what is held out stays out, domains are balanced, the same bytes for any number of workers."""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from data_pipeline import clean
from data_pipeline.folding import fold
from data_pipeline.leakage import gate
from data_pipeline.leakage.index import build_index
from data_pipeline.tuning import clusters, selection
from data_pipeline.tuning import run as stage
from vega.errors import UserError
from vega.settings import CleanSettings, Corpus, LeakageSettings
from vega.settings.tuning import Labelled, TuningTextSettings
from vega.text_files import read_lines

#: Lines of each domain's training text, and of its dev set; each has words of its own.
SIZES = {"news": (600, 40), "law": (200, 40), "games": (80, 40), "rare": (60, 6), "fiction": (300, 40)}
LANGUAGES = ["en", "de"]


def sentence(domain: str, code: str, number: int) -> str:
    """Ten words; the same number gives the same sentence in both languages."""
    generator = random.Random(f"{domain} {number}")
    return " ".join(f"{domain}{code}{generator.randrange(400)}" for _ in range(10))


def write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.fixture(autouse=True)
def no_bundled_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index of the bundled test sets takes seconds."""
    for module in (gate, stage):
        monkeypatch.setattr(module, "build_index", partial(build_index, bundled=None))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("text")


@pytest.fixture(scope="module")
def given(folder: Path) -> dict[str, Any]:
    """Cleaned training text with labels, the dev set with labels, and a further set that repeats dev sentences."""
    train = [(domain, n) for domain, (lines, _) in SIZES.items() for n in range(lines)]
    dev = [(domain, 10_000 + n) for domain, (_, lines) in SIZES.items() for n in range(lines)]
    random.Random(1).shuffle(train)
    for name, rows in (("train", train), ("dev", dev)):
        write(folder / f"{name}.meta", [f"doc\t{domain}" for domain, _ in rows])
        for code in LANGUAGES:
            write(folder / f"{name}.{code}", [sentence(domain, code, n) for domain, n in rows])
    extra = [("earlier", n) for n in range(30)] + dev[:10] + [next(row for row in train if row[0] == "news")]
    for code in LANGUAGES:
        lines = [sentence(domain, code, n) for domain, n in extra]
        write(folder / f"extra.{code}", [*lines[:30], *(f"{line.upper()}!" for line in lines[30:40]), lines[40]])
    corpora = {n: Corpus(name=n, languages=LANGUAGES, files=str(folder / (n + ".{lang}"))) for n in ("dev", "extra")}
    raw = Corpus(name="mix", languages=LANGUAGES, files=str(folder / "train.{lang}"))
    settings = CleanSettings(corpora=[raw], held_out=[corpora["dev"]], workers=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clean, "build_index", partial(build_index, bundled=None))
        clean.run(settings, folder / "clean")
    plain = raw.model_copy(update={"files": str(folder / "clean/mix.en-de.{lang}")})
    provenance = folder / "clean/provenance/mix.en-de.parquet"
    return {
        "train": [Labelled(corpus=plain, labels=folder / "train.meta", column=2, provenance=provenance)],
        "given": [Labelled(corpus=corpora["extra"])],
        "dev": [Labelled(corpus=corpora["dev"], labels=folder / "dev.meta", column=2)],
        "held_out": [corpora["dev"]],
        "held_out_domains": ["fiction"],
        "lines": 500,
        "dev_lines": 30,
        "workers": 1,
    }


def run(base: dict[str, Any], output: Path, **changes: Any) -> dict[str, Any]:
    stage.run(TuningTextSettings(**{**base, **changes}), output)
    facts: dict[str, Any] = json.loads((output / "tuning.json").read_text(encoding="utf-8"))
    return facts


def lines(path: Path) -> list[str]:
    return list(read_lines(path))


def parts(output: Path) -> dict[str, list[str]]:
    """All English dev sentences by `half/domain`."""
    return {f"{p.parent.name}/{p.name.split('.')[0]}": lines(p) for p in sorted(output.glob("ch*/*.en"))}


def test_a_held_out_domain_and_dev_sentences_are_not_tuned_on(
    given: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    run(given, tmp_path / "out")
    text = lines(tmp_path / "out/tuning.en-de.en")
    known = {fold(line, "en") for line in lines(folder / "dev.en")}
    assert len(text) == 500
    assert not any("fiction" in line for line in text)
    assert not {fold(line, "en") for line in text} & known
    assert {name for name in parts(tmp_path / "out") if "fiction" in name} == {"choose/fiction", "check/fiction"}


def test_the_leakage_gate_finds_nothing_that_was_left(given: dict[str, Any], tmp_path: Path) -> None:
    facts = run(given, tmp_path / "out")
    text = Corpus(name="tuning", languages=LANGUAGES, files=str(tmp_path / "out/tuning.en-de.{lang}"))
    gate.run(LeakageSettings(corpora=[text], held_out=given["held_out"], workers=1), tmp_path / "gate")
    assert facts["text"]["en-de"]["extra"]["dropped"] == {"held_out": 10}


def test_every_line_has_its_domain_and_its_translation(given: dict[str, Any], tmp_path: Path) -> None:
    run(given, tmp_path / "out")
    columns = [lines(tmp_path / f"out/tuning.en-de.{end}") for end in ("en", "de", "domain")]
    for english, german, domain in zip(*columns, strict=True):
        made_of = english.split("en")[0].lower()
        assert german.replace("de", "en").lower() == english.lower() or domain == "extra"
        assert made_of == domain or (domain == "extra" and made_of in ("earlier", *SIZES))


def test_domains_are_even_as_far_as_they_go(given: dict[str, Any], tmp_path: Path) -> None:
    facts = run(given, tmp_path / "out", temperature=1e9, best_share=1.0, repeat=2)
    counts = Counter(lines(tmp_path / "out/tuning.en-de.domain"))
    assert sum(counts.values()) == 500
    even = [counts[name] for name in ("news", "law", "games", "rare")]
    assert max(even) - min(even) <= 1 and counts["extra"] == 2 * 31
    assert facts["text"]["en-de"]["rare"]["chosen"] == 60
    repeated = Counter(lines(tmp_path / "out/tuning.en-de.en"))
    assert max(repeated.values()) == 2
    by_size = run(given, tmp_path / "by_size", temperature=1.0, best_share=1.0)["text"]["en-de"]
    assert by_size["news"]["chosen"] == pytest.approx(3 * by_size["law"]["chosen"], abs=3)


def test_dev_sentences_are_split_by_content(given: dict[str, Any], tmp_path: Path) -> None:
    """No sentence both chooses and checks; small domains are one, and at most so many sentences are there of each."""
    facts = run(given, tmp_path / "out", dev_lines=30)
    found = parts(tmp_path / "out")
    halves = [
        {line for name, part in found.items() if name.startswith(half) for line in part} for half in ("choose", "check")
    ]
    assert halves[0] and halves[1] and not halves[0] & halves[1]
    for domain in ("news", "law", "games", "fiction"):
        assert len(found[f"choose/{domain}"]) + len(found[f"check/{domain}"]) == 30
    assert "choose/rare" not in found and all("rare" in line for line in found["choose/other"])
    assert sorted(lines(tmp_path / "out/dev.en-de.en")) == sorted(halves[0])
    assert {each["name"] for each in facts["choose"]} == {"news", "law", "games", "other", "fiction"}
    without = run(given, tmp_path / "none", check_share=0.0)
    assert not without["check"]


def test_the_best_share_by_score_is_drawn_from(given: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    """Scores of cleaning, where its provenance has them for all."""
    (labelled,) = given["train"]
    table = pq.read_table(labelled.provenance)
    good = pc.equal(pc.bit_wise_and(table["line"], 1), 1)  # of odd lines
    pq.write_table(table.append_column("bicleaner.de", pc.cast(good, "float32")), tmp_path / "scored")
    scored = labelled.model_copy(update={"provenance": tmp_path / "scored"})
    facts = run(given, tmp_path / "out", lines=200, train=[scored])
    assert facts["score"] == "bicleaner"
    raw = {line: number for number, line in enumerate(lines(folder / "train.en"), start=1)}
    domains = lines(tmp_path / "out/tuning.en-de.domain")
    text = lines(tmp_path / "out/tuning.en-de.en")
    odd = [raw[line] % 2 for line, domain in zip(text, domains, strict=True) if domain in ("news", "law")]
    assert sum(odd) > 0.9 * len(odd)


@pytest.mark.parametrize("unlabelled", ["name", "cluster"])
def test_without_labels(
    unlabelled: str, given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The corpus is the domain, or clusters are, and then dev sentences join those of training text."""
    monkeypatch.setattr(clusters, "_BUCKETS", 1 << 13)  # few words, little to do
    bare = {key: [each.model_copy(update={"labels": None}) for each in given[key]] for key in ("train", "dev")}
    facts = run(given, tmp_path / "out", **bare, unlabelled=unlabelled, clusters=4, held_out_domains=[], given=[])
    domains = set(facts["text"]["en-de"])
    if unlabelled == "name":
        assert domains == {"mix"} and {each["name"] for each in facts["choose"]} == {"dev"}
        return
    assert domains == {f"en_cluster_{n + 1}" for n in range(4)}
    assert {each["name"] for each in facts["choose"]} <= domains | {"other"}


def files(output: Path) -> dict[str, bytes]:
    return {str(p.relative_to(output)): p.read_bytes() for p in output.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_the_same_bytes_for_any_number_of_workers(
    given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(given, tmp_path / "one")
    monkeypatch.setattr(selection, "FEW_ROWS", 1)
    monkeypatch.setattr(selection, "JOB_ROWS", 37)
    run(given, tmp_path / "two", workers=2)
    run(given, tmp_path / "again")
    assert files(tmp_path / "one") == files(tmp_path / "two") == files(tmp_path / "again")
    run(given, tmp_path / "other", seed=2)
    assert files(tmp_path / "one")["tuning.en-de.en"] != files(tmp_path / "other")["tuning.en-de.en"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"held_out_domains": ["poetry"]}, r"no dev sentence is of 'poetry'. Domains .*fiction \(40\)"),
        ({"score": "provenance"}, "needs one learned filter"),
        ({"held_out_domains": list(SIZES), "given": []}, "no tuning text in en-de: all its domains are held out"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    changes: dict[str, Any], said: str, given: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        run(given, tmp_path / "out", **changes)
    assert not (tmp_path / "out/tuning.json").exists()
