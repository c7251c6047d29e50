"""The whole stage with a small trained model: every line once, the same bytes whatever happened, the right tags."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_pipeline.ledger import open_ledger, work_folder
from data_pipeline.synthesis import run as stage
from data_pipeline.synthesis import units
from data_pipeline.synthesis.model_folder import model_hash
from data_pipeline.synthesis.plan import Plan
from data_pipeline.synthesis.units import Job, Result
from data_pipeline.translation.engine import EngineSettings
from tests.data_pipeline.translation.test_engine import english
from tests.fairseq_plugins.running import WORDS
from vega.directions import parse_direction
from vega.errors import UserError
from vega.settings import Corpus, Form, SynthesizeSettings
from vega.synthetic_corpora import synthetic_texts
from vega.vocabulary import write_form
from vega.vocabulary_files import copy_vocabulary

STEPS: list[dict[str, Any]] = [
    {"back_translation": {"method": "sampling", "top_k": 5, "n_best": 2, "noise": {}, "min_pair_score": -6.0}},
    {"self_training": {"directions": ["en-de", "de-en"], "beam": 2}},
    {"cycle_translation": {"share": 0.5, "beam": 2, "min_similarity": 1, "min_pair_gain": None, "min_lm_gain": -9.0,
                           "filters": {"copy": {}}}},
]  # fmt: skip


def german(lines: list[str]) -> list[str]:
    words = dict(zip(WORDS["en"], WORDS["de"], strict=True))
    return [" ".join(words[word] for word in line.split()) for line in lines]


def write(folder: Path, name: str, texts: dict[str, list[str]]) -> Corpus:
    for code, lines in texts.items():
        (folder / f"{name}.{code}").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return Corpus(name=name, languages=list(texts), files=str(folder / f"{name}.{{lang}}"))


@pytest.fixture
def made(checkpoint: Path, words: Path, tmp_path: Path) -> SynthesizeSettings:
    """Two monolingual corpora per language, with an empty and a far too long line."""
    lines = english(120)
    bitext = write(tmp_path, "genuine", {"en": lines[:50], "de": german(lines[:50])})
    mono = [
        write(tmp_path, "news", {"de": [*german(lines[50:80]), "", "Haus " * 300]}),
        write(tmp_path, "web", {"de": german(lines[80:90])}),
        write(tmp_path, "talk", {"en": [*lines[90:120], ""]}),
    ]
    return SynthesizeSettings.model_validate({
        "name": "r1", "steps": STEPS, "model": checkpoint, "data": words, "bitext": [bitext], "mono": mono,
        "directions": ["en-de", "de-en"], "shard_lines": 13, "max_tokens": 200, "workers": 1,
        "price_per_hour": 2.0,
    })  # fmt: skip


def outputs(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "synthesize.json"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def report(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "synthesize.json").read_text(encoding="utf-8"))
    return content


def read(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def test_every_line_is_accounted_for_exactly_once(made: SynthesizeSettings, tmp_path: Path) -> None:
    stage.run(made, tmp_path / "out")
    texts = report(tmp_path / "out")["texts"]
    assert set(texts) == {
        "r1_bt.de-en", "r1_bt.en-de", "r1_st_bitext.en-de", "r1_st_bitext.de-en", "r1_st_mono.en-de",
        "r1_st_mono.de-en", "r1_ct.en-de", "r1_ct.de-en",
    }  # fmt: skip
    corpora = {f"{c.name}.{c.group}": c for c in [*made.bitext, *made.mono]}
    for stem, counts in texts.items():
        language = counts["translated"][:2]
        mono = [name for name in corpora if name.endswith(f".{language}")]
        wanted = ["genuine.en-de"] if counts["text"] == "bitext" else mono
        rows = pq.read_table(tmp_path / f"out/provenance/{stem}.parquet").to_pylist()
        expected = [
            (name, number) for name in wanted for number, _ in enumerate(read(corpora[name].paths()[language]), start=1)
        ]
        assert list(dict.fromkeys((row["corpus"], row["line"]) for row in rows)) == expected
        assert len({(row["corpus"], row["line"], row["rank"]) for row in rows}) == len(rows)
        assert counts["lines"] == len(expected)
        assert counts["candidates"] == len(rows) == counts["kept"] + sum(counts["dropped"].values())
        kept = [row for row in rows if row["outcome"] == "kept"]
        assert [row["output_line"] for row in kept] == list(range(1, counts["kept"] + 1))
        source, target = stem.split(".")[1].split("-")
        assert all(len(read(tmp_path / f"out/{stem}.{code}")) == counts["kept"] > 0 for code in (source, target))
        assert set(counts["samples"]) == {row["outcome"] for row in rows}
        assert counts["cost_per_million_kept"] == pytest.approx(2 * counts["hours_per_million_kept"], abs=2e-4)
        assert counts["target_tokens_per_second"] > 0
    assert texts["r1_bt.en-de"]["dropped"]["too_long"] == 1
    assert texts["r1_bt.en-de"]["dropped"]["empty"] == 1
    assert not work_folder(tmp_path / "out").exists()


def test_the_genuine_side_is_the_line_and_the_other_its_translation(made: SynthesizeSettings, tmp_path: Path) -> None:
    stage.run(made, tmp_path / "out")
    corpora = {f"{c.name}.{c.group}": c for c in [*made.bitext, *made.mono]}
    for stem in ("r1_bt.en-de", "r1_st_mono.de-en", "r1_st_bitext.en-de"):
        language = report(tmp_path / "out")["texts"][stem]["translated"][:2]
        lines = read(tmp_path / f"out/{stem}.{language}")
        for row in pq.read_table(tmp_path / f"out/provenance/{stem}.parquet").to_pylist():
            if row["outcome"] == "kept":
                original = read(corpora[row["corpus"]].paths()[language])[row["line"] - 1]
                assert lines[row["output_line"] - 1] == original
    translated = read(tmp_path / "out/r1_st_bitext.en-de.de")
    sources = read(tmp_path / "out/r1_st_bitext.en-de.en")
    words = [(set(a.split()), set(b.split())) for a, b in zip(german(sources), translated, strict=True)]
    assert sum(len(a & b) for a, b in words) > 0.5 * sum(len(a) for a, _ in words)
    rewritten = pq.read_table(tmp_path / "out/provenance/r1_ct.en-de.parquet").to_pylist()
    judged = [row["lm"] for row in rewritten if row["lm"] is not None]
    chosen = {(row["corpus"], row["line"]) for row in rewritten if row["outcome"] not in ("not_selected", "empty")}
    assert len(chosen) == round(0.5 * len(judged))
    limit = max(row["lm"] for row in rewritten if row["outcome"] not in ("not_selected", "empty"))
    assert all(row["lm"] > limit for row in rewritten if row["outcome"] == "not_selected")


class Killed(BaseException):
    """As SIGKILL: nobody catches it."""


def test_what_was_done_before_a_kill_is_not_done_again_and_changes_no_byte(
    made: SynthesizeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.run(made, tmp_path / "whole")
    done: list[str] = []
    for deadly in (2, 7, 18):
        count = 0

        def work(job: Job, deadly: int = deadly) -> Result:
            nonlocal count
            count += 1
            if count == deadly:
                raise Killed
            done.append(job.unit.name)
            return units.do(job)

        monkeypatch.setattr(stage, "do", work)
        with pytest.raises(Killed):
            stage.run(made, tmp_path / "out")
        assert not (tmp_path / "out/synthesize.json").exists()
    damaged = next(path for path in (work_folder(tmp_path / "out")).rglob("kept.de") if path.stat().st_size)
    damaged.write_bytes(b"other text\n")
    monkeypatch.setattr(stage, "do", lambda job: (done.append(job.unit.name), units.do(job))[1])
    stage.run(made, tmp_path / "out")
    assert outputs(tmp_path / "out") == outputs(tmp_path / "whole")
    twice = {name for name in done if done.count(name) > 1}
    assert twice == {damaged.parent.name}


@pytest.mark.e2e
def test_two_ray_workers_change_no_byte(made: SynthesizeSettings, tmp_path: Path) -> None:
    one = SynthesizeSettings.model_validate({**made.model_dump(), "steps": STEPS[:2]})
    stage.run(one, tmp_path / "one")
    stage.run(one.model_copy(update={"workers": 2, "threads": 2}), tmp_path / "two")
    assert outputs(tmp_path / "two") == outputs(tmp_path / "one")


def test_another_corpus_changes_no_text_of_the_others(made: SynthesizeSettings, tmp_path: Path) -> None:
    less = made.model_copy(update={"mono": made.mono[:2]})
    only = [{"back_translation": {"method": "sampling", "directions": ["en-de"]}}]
    for name, chosen in (("all", made), ("less", less)):
        again = SynthesizeSettings.model_validate({**chosen.model_dump(), "steps": only})
        stage.run(again, tmp_path / name)
    assert outputs(tmp_path / "all") == outputs(tmp_path / "less")


def test_an_exported_model_gives_the_same(made: SynthesizeSettings, model: Path, tmp_path: Path) -> None:
    only = {"steps": STEPS[1:2], "compute_type": "float32"}
    stage.run(SynthesizeSettings.model_validate({**made.model_dump(), **only}), tmp_path / "one")
    stage.run(SynthesizeSettings.model_validate({**made.model_dump(), **only, "model": model}), tmp_path / "two")
    assert outputs(tmp_path / "one") == outputs(tmp_path / "two")


@pytest.mark.parametrize(("language", "same"), [("de", True), ("ja", False)])
def test_language_models_read_text_in_the_form_of_the_vocabulary(
    language: str, same: bool, model: Path, tmp_path: Path
) -> None:
    """Quotation marks of two kinds are one spelling, where the language has none of its own."""
    shutil.copytree(model, tmp_path / "model")
    write_form(tmp_path / "model", Form(punctuation=True))
    found, first = [], None
    for number, (opening, closing) in enumerate(("“”", '""')):
        (folder := tmp_path / str(number)).mkdir()
        text = [f"{opening}{line}{closing}" for line in german(english(20))]
        settings = SynthesizeSettings.model_validate({
            "name": "r1", "steps": STEPS[2:], "model": tmp_path / "model", "data": tmp_path / "model",
            "bitext": [write(folder, "genuine", {"en": english(20), language: text})],
            "mono": [write(folder, "mono", {language: text[:5]})], "directions": [f"en-{language}", f"{language}-en"],
        })  # fmt: skip
        texts = synthetic_texts(settings, list(map(parse_direction, settings.directions)), [], settings.mono)
        plan = Plan(settings, texts, open_ledger(folder, "key"), EngineSettings(tmp_path / "model"))
        ((key, planned),) = plan.models().items()
        units.do(planned.job)
        first = first or planned.unit  # one model reads both
        ((_, scored),) = plan.scores({key: first})
        units.do(scored.job)
        learned = {path.name: path.read_bytes() for path in planned.unit.glob("*.npy")}
        found.append((learned, (scored.unit / units.SCORES).read_bytes()))
    assert len(found[0][0]) > 3
    for first, second in zip(*found, strict=True):
        assert (first == second) == same


def test_the_form_of_the_text_is_in_the_hash_of_the_model(words: Path, checkpoint: Path, tmp_path: Path) -> None:
    copy_vocabulary(words, tmp_path)
    settings = SynthesizeSettings.model_validate({
        "name": "r1", "steps": STEPS, "model": checkpoint, "data": tmp_path, "directions": ["en-de"],
    })  # fmt: skip
    before = model_hash(settings)
    write_form(tmp_path, Form(punctuation=True))
    assert model_hash(settings) != before


def test_mistakes_are_one_sentence(made: SynthesizeSettings, tmp_path: Path) -> None:
    def attempt(**changes: Any) -> None:
        stage.run(SynthesizeSettings.model_validate({**made.model_dump(), **changes}), tmp_path / "out")

    with pytest.raises(UserError, match="no such checkpoint"):
        attempt(model=tmp_path / "nothing.pt")
    with pytest.raises(UserError, match=r"r1_bt.en-de: no pair is left \(.*pair_score"):
        attempt(steps=[{"back_translation": {"directions": ["en-de"], "beam": 1, "min_pair_score": 1.0}}])
    shutil.rmtree(work_folder(tmp_path / "out"), ignore_errors=True)
    with pytest.raises(UserError, match="Cycle translation needs parallel text with 'de'"):
        attempt(steps=[{"cycle_translation": {"directions": ["en-de"]}}], bitext=[])
    with pytest.raises(UserError, match="Unknown filter 'nosuch'"):
        attempt(steps=[{"cycle_translation": {"filters": {"nosuch": {}}}}])
