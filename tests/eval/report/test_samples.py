from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from eval.report.read_run import read_run
from eval.report.samples import samples as chosen
from eval.report.spread import spread
from eval.report.texts import read_texts_of


@given(total=st.integers(0, 500), count=st.integers(0, 50))
def test_samples_are_different_lines_spread_over_the_whole_file(total, count):
    lines = spread(total, count)
    assert len(lines) == len(set(lines)) == min(total, count)
    assert lines == sorted(lines)
    assert all(0 <= line < total for line in lines)
    if lines:
        gap = -(-total // len(lines))
        assert lines[0] <= gap / 2 and total - 1 - lines[-1] <= gap


def test_each_sample_is_one_line_of_every_file(finished_run):
    run = read_run(finished_run)
    samples = chosen(read_texts_of(run, run.systems), 3)
    assert len(samples) == 3 * 4
    assert {sample["direction"] for sample in samples} == {"en-de", "de-en", "en-zh", "zh-en"}
    for sample in samples:
        source, target = sample["direction"].split("-")
        where = {"source": run.test[0].paths()[source], "reference": run.test[0].paths()[target]}
        for key, path in where.items():
            assert sample[key] == path.read_text(encoding="utf-8").splitlines()[sample["line"] - 1]
        for system, output in sample["systems"].items():
            path = finished_run / f"translate/{system}/help.{sample['direction']}.{target}"
            assert output == path.read_text(encoding="utf-8").splitlines()[sample["line"] - 1]
    assert all(("finetuned" in sample["systems"]) == (sample["direction"] == "en-de") for sample in samples)


def test_no_samples_asked_or_test_files_gone_gives_none(finished_run, tmp_path):
    run = read_run(finished_run)
    assert chosen(read_texts_of(run, run.systems), 0) == []
    moved = [corpus.model_copy(update={"files": str(tmp_path / "gone.{lang}")}) for corpus in run.test]
    assert read_texts_of(replace(run, test=moved), run.systems) == []


def test_test_files_that_have_changed_length_since_give_none(finished_run, tmp_path):
    run = read_run(finished_run)
    for code in run.test[0].languages:
        (tmp_path / f"short.{code}").write_text("one line\n")
    changed = [corpus.model_copy(update={"files": str(tmp_path / "short.{lang}")}) for corpus in run.test]
    assert read_texts_of(replace(run, test=changed), run.systems) == []
