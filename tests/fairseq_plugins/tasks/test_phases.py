"""Tags, phases and noise in real training."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from fairseq_plugins.tasks.multidirectional import MultidirectionalConfig, MultidirectionalTask
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.errors import UserError
from vega.training import mixture

PHASES = [
    {"name": "clean", "weights": {"genuine": 1}, "until": {"epochs": 0.15, "of": "news"}, "noise": {}},
    {"name": "mixed", "temperature": 2, "synthetic_share": 0.5, "until": {"updates": 15}},
    {"name": "last", "weights": {"talks": 1, "bt": 1, "cycle": 1}},
]
NOISE = {"typos": 0.3, "upper": 0.1, "merge": 0.1, "tag": True}


def arguments(data: Path, save: Path, updates: int, *more: str) -> list[str]:
    phases = ("--phases", json.dumps(PHASES), "--text-noise", json.dumps(NOISE), "--batches-per-update", "2",
              "--block-sentences", "64")  # fmt: skip
    return train_arguments(data, save, updates, *phases, *more)


class Said(logging.Handler):
    """What was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture(scope="module")
def said() -> Iterator[Said]:
    handler = Said()
    logging.getLogger("fairseq_plugins").addHandler(handler)
    yield handler
    logging.getLogger("fairseq_plugins").removeHandler(handler)


@pytest.fixture(scope="module")
def trained(
    with_synthetic: Path, said: Said, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("phases")
    return folder, run_train(arguments(with_synthetic, folder, 50), folder / "train.log")


def state(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(folder / "checkpoint_last.pt", weights_only=True)["extra_state"]
    return dict(found["train_iterator"])


def test_every_update_says_its_phase_and_a_change_is_one_line(
    trained: tuple[Path, list[dict[str, str]]], said: Said
) -> None:
    numbers = [int(line["phase"]) for line in trained[1]]
    assert numbers == sorted(numbers) and set(numbers) == {1, 2, 3}
    assert numbers.count(2) >= 15
    changes = [line for line in said.lines if ": in phase " in line]
    for number, (name, line) in enumerate(zip(("clean", "mixed", "last"), changes, strict=True), start=1):
        first = trained[1][numbers.index(number)]["num_updates"]
        assert line.startswith(f"update {first}: in phase {number} of 3, {name}, which began at block ")
    assert any(re.fullmatch(r"plan: clean: blocks of 64 .* from 0 to \d+, 0.15 epochs of news", x) for x in said.lines)
    assert 'plan: mixed: noise: {"upper":0.1,"typos":0.3,"merge":0.1,"tag":true}' in said.lines
    assert not any(line.startswith("plan: clean: noise") for line in said.lines)


def test_each_phase_reads_what_it_says(trained: tuple[Path, list[dict[str, str]]]) -> None:
    log = trained[1]
    tokens = [{name[7:]: int(value) for name, value in line.items() if name.startswith("tokens_")} for line in log]
    clean = [tokens[i] for i, line in enumerate(log) if line["phase"] == "1"]
    last = [tokens[i] for i, line in enumerate(log) if line["phase"] == "3"][1:]  # the first may begin in another
    assert clean and last
    assert not any(count for update in clean for name, count in update.items() if "round1" in name or "cycle" in name)
    assert not any(count for update in last for name, count in update.items() if "news" in name)
    assert sum(update["en-de/round1"] for update in last) > 0


def test_resume_in_every_phase_equals_an_uninterrupted_run(
    with_synthetic: Path, trained: tuple[Path, list[dict[str, str]]], tmp_path: Path
) -> None:
    numbers = [int(line["phase"]) for line in trained[1]]
    rest = []
    for number in (1, 2, 3):  # stops inside of each
        stop = numbers.index(number) + 3
        rest += run_train(arguments(with_synthetic, tmp_path, stop), tmp_path / "train.log")
    rest += run_train(arguments(with_synthetic, tmp_path, 50), tmp_path / "train.log")
    assert [(x["num_updates"], x["loss"], x["gnorm"], x["phase"]) for x in rest] == [
        (x["num_updates"], x["loss"], x["gnorm"], x["phase"]) for x in trained[1]
    ]
    assert state(tmp_path) == state(trained[0])


def test_the_mixture_is_recorded_by_phase_and_in_all(trained: tuple[Path, list[dict[str, str]]]) -> None:
    recorded = mixture(trained[0])
    assert list(recorded["phases"]) == ["clean", "mixed", "last"]
    mixed = recorded["phases"]["mixed"]["planned_share"]
    assert sum(mixed.values()) == pytest.approx(1)
    assert sum(share for name, share in mixed.items() if "round1" in name or "cycle" in name) == pytest.approx(
        0.5, abs=0.05
    )  # sentences; tokens differ a little
    consumed = {name: tokens / sum(recorded["consumed"].values()) for name, tokens in recorded["consumed"].items()}
    for name, planned in recorded["plan"].items():
        assert consumed[name] == pytest.approx(planned, abs=0.06)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"phases": "[{"}, "--phases is not JSON"),
        ({"phases": '[{"name": "a", "untill": 1}]'}, "--phases: unknown key 'phases.0.untill'. Did you mean 'until'"),
        ({"phases": '[{"name": "a"}, {"name": "b"}]'}, "--phases: phases: phase a has no `until`"),
        (
            {"phases": '[{"name": "a", "until": {"epochs": 1, "of": "old"}}, {"name": "b"}]'},
            "--phases, phase a: no text for 'old'",
        ),
        (
            {"phases": '[{"name": "a", "weights": {"bt": 1}, "until": {"epochs": 1, "of": "news"}}, {"name": "b"}]'},
            "--phases: phase a draws nothing of what it waits for",
        ),
        ({"text_noise": '{"typo": 1}'}, "--text-noise: unknown key 'text_noise.typo'"),
        ({"text_noise": '{"typos": 2}'}, "--text-noise: text_noise.typos: expected less than or equal to 1"),
        ({"synthetic_share": 1.5}, "--synthetic-share 1.5: a share is from 0 to 1"),
    ],
)
def test_mistakes_are_one_sentence(with_synthetic: Path, options: dict[str, Any], message: str) -> None:
    config = MultidirectionalConfig(data=str(with_synthetic), directions="en-de", train_subset="train", seed=1)
    for name, value in options.items():
        setattr(config, name, value)
    task = MultidirectionalTask.setup_task(config)
    task.load_dataset("train")
    with pytest.raises(UserError) as error:
        task.get_batch_iterator(task.datasets["train"], max_tokens=100)
    assert message in str(error.value)
