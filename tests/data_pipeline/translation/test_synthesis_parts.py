"""A round in parts: whatever their number and order, and whatever was killed, the same bytes as in one piece."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from data_pipeline.ledger import work_folder
from data_pipeline.synthesis import place as places
from data_pipeline.synthesis import run as stage
from data_pipeline.synthesis import units
from data_pipeline.synthesis.parts import Asked, missing_parts, parse_part, run_part
from data_pipeline.synthesis.units import Job, Result
from tests.data_pipeline.translation.test_synthesis import Killed, made, outputs
from vega.errors import UserError
from vega.settings import SynthesizeSettings
from vega.strict_yaml import dump

__all__ = ["made"]


def do(settings: SynthesizeSettings, output: Path, *asked: str) -> None:
    for part in asked:
        run_part(settings, output, parse_part(part))


def missing(settings: SynthesizeSettings, output: Path, asked: str) -> list[int]:
    return missing_parts(settings, output, parse_part(asked))


def shuffled(phase: str, count: int, seed: int) -> list[str]:
    order = list(range(count))
    random.Random(seed).shuffle(order)
    return [f"{phase}:{number}/{count}" for number in order]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """Notes the units that are done; at the n-th the process is killed, if n is not 0."""

    def arm(deadly: int) -> list[str]:
        done: list[str] = []

        def work(job: Job) -> Result:
            if len(done) + 1 == deadly:
                raise Killed
            done.append(job.unit.name)
            return units.do(job)

        monkeypatch.setattr(stage, "do", work)
        return done

    return arm


def test_parts_of_any_number_in_any_order_are_joined_to_the_same_bytes(
    made: SynthesizeSettings, tmp_path: Path, counted: Callable[[int], list[str]]
) -> None:
    whole = counted(0)
    stage.run(made, tmp_path / "whole")
    for scores, pairs in ((1, 3), (5, 40)):
        output = tmp_path / f"out{pairs}"
        done = counted(0)
        do(made, output, "prepare", *shuffled("score", scores, pairs))
        sizes = [len(done)]
        for part in shuffled("make", pairs, pairs):
            do(made, output, part)
            sizes.append(len(done))
        shares = [after - before for before, after in pairwise(sizes)]
        assert max(shares) - min(shares) <= 1
        assert sorted(done) == sorted(whole)  # each once
        assert not output.exists()
        done = counted(0)
        assert missing(made, output, f"make:?/{pairs}") == []
        stage.run(made, output)
        assert done == []
        assert outputs(output) == outputs(tmp_path / "whole")
        assert not work_folder(output).exists()


def test_a_killed_part_is_listed_and_done_again_does_only_what_is_missing(
    made: SynthesizeSettings, tmp_path: Path, counted: Callable[[int], list[str]]
) -> None:
    output = tmp_path / "out"
    stage.run(made, tmp_path / "whole")
    assert missing(made, output, "prepare:?") == [0]
    assert missing(made, output, "make:?/3") == [0, 1, 2]
    do(made, output, "prepare")
    assert missing(made, output, "prepare:?") == []
    assert missing(made, output, "score:?/2") == [0, 1]
    do(made, output, "score:1/2")
    with pytest.raises(UserError, match=r"all must be scored\. Run these parts first: score:0/2\.$"):
        do(made, output, "make:0/2")
    do(made, output, "score:0/2", "make:2/3")
    first = counted(4)
    with pytest.raises(Killed):
        do(made, output, "make:0/3")
    assert missing(made, output, "make:?/3") == [0, 1]
    assert missing(made, output, "score:?/7") == []
    second = counted(0)
    do(made, output, "make:0/3")
    assert len(first) == 3 and second and not set(first) & set(second)
    assert missing(made, output, "make:?/3") == [1]
    again = counted(0)
    do(made, output, "prepare", "score:0/2", "score:1/2", "make:0/3", "make:2/3")
    assert again == []
    damaged = next(path for path in work_folder(output).rglob("make-*/kept.de") if path.stat().st_size)
    damaged.write_bytes(b"other text\n")
    stage.run(made, output)  # does part 1 itself
    assert outputs(output) == outputs(tmp_path / "whole")


def test_parts_delete_nothing_of_others(made: SynthesizeSettings, tmp_path: Path) -> None:
    """Scratch of a part that runs, units of other settings."""
    only = SynthesizeSettings.model_validate({**made.model_dump(), "steps": [{"self_training": {"text": ["mono"]}}]})
    do(only, tmp_path / "out", "prepare", "make:0/2")
    (scratch := next(work_folder(tmp_path / "out").glob("*/units")) / ".make.half").mkdir()
    before = sorted(work_folder(tmp_path / "out").rglob("*"))
    other = only.model_copy(update={"seed": 5})
    do(other, tmp_path / "out", "prepare", "make:1/2")
    do(only, tmp_path / "out", "prepare", "make:0/2")
    assert scratch in before and set(before) <= set(work_folder(tmp_path / "out").rglob("*"))
    assert missing(only, tmp_path / "out", "make:?/2") == [1]


def test_units_of_another_machine_are_joined_but_not_mixed(
    made: SynthesizeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auto` computes in int8 here, and elsewhere in float32."""
    only = SynthesizeSettings.model_validate({**made.model_dump(), "steps": [{"self_training": {"text": ["mono"]}}]})
    stage.run(only.model_copy(update={"compute_type": "float32"}), tmp_path / "whole")
    output = tmp_path / "out"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(places, "choose_compute_type", lambda device, wanted: "float32")
        do(only, output, "prepare", "make:0/2", "make:1/2")
    with pytest.raises(UserError, match=r"prepared on cpu \(float32\), but this machine computes on cpu \(int8\)"):
        do(only, output, "make:0/2")
    assert missing(only, output, "make:?/2") == []
    monkeypatch.setattr(stage, "do", lambda job: pytest.fail("all is done"))
    stage.run(only, output)
    assert outputs(output) == outputs(tmp_path / "whole")


@pytest.mark.e2e
def test_parts_side_by_side_by_the_command_line(made: SynthesizeSettings, tmp_path: Path) -> None:
    only = SynthesizeSettings.model_validate({**made.model_dump(), "steps": [{"self_training": {"text": ["mono"]}}]})
    (file := tmp_path / "s.yaml").write_text(dump(only), encoding="utf-8")

    def start(*more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "vega", "synthesize", str(file), "--output", str(tmp_path / "out"), *more]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end(process: subprocess.Popen[str]) -> str:
        out, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        return out

    end(start("--part", "prepare"))
    for process in [start("--part", f"make:{number}/2") for number in range(2)]:
        end(process)
    asked = start("--part", "make:?/3")
    end(start())
    assert end(asked) in ("\n", "0,1,2\n")  # before or after the join: never a part of it
    assert end(start("--part", "make:?/3")) == "\n"
    end(start("--part", "make:1/3"))  # all is there, and no ledger is begun
    assert not work_folder(tmp_path / "out").exists()
    stage.run(only, tmp_path / "whole")
    joined = {
        name: content for name, content in outputs(tmp_path / "out").items() if name in outputs(tmp_path / "whole")
    }
    assert joined == outputs(tmp_path / "whole")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("prepare", Asked("prepare", 0, 1)),
        ("prepare:?", Asked("prepare", None, 1)),
        ("score:0/1", Asked("score", 0, 1)),
        ("make:7/8", Asked("make", 7, 8)),
        ("make:?/8", Asked("make", None, 8)),
    ],
)
def test_what_a_part_is_called(text: str, asked: Asked) -> None:
    assert parse_part(text) == asked


@pytest.mark.parametrize("text", ["make", "make:", "make:1", "make:1/", "make:/2", "make:0/0", "mak:0/2", "make:x/2"])
def test_another_word_is_a_mistake(text: str) -> None:
    with pytest.raises(UserError, match=r"write prepare, score:K/N or make:K/N"):
        parse_part(text)


def test_mistakes_are_one_sentence(made: SynthesizeSettings, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"8 parts have the numbers 0 to 7"):
        parse_part("make:8/8")
    with pytest.raises(UserError, match="nothing is prepared"):
        do(made, tmp_path / "out", "make:0/2")
    bare = made.model_copy(update={"steps": made.steps[2:]})
    with pytest.raises(UserError, match="Cycle translation needs parallel text"):
        do(bare.model_copy(update={"bitext": []}), tmp_path / "out", "prepare")
    for asked in ("score:0/2", "make:0/2"):  # the model is there, but no language model
        with pytest.raises(UserError, match=r"lm-\S+ is not there yet\. First run the same with --part prepare\."):
            do(bare, tmp_path / "out", asked)
