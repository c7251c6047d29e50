"""The figures of log lines: counts over all processes, shares that sum to one, the FLOP formula, a file of records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fairseq_plugins.training.batch_counts import COUNTS, count_batch, count_batches
from fairseq_plugins.training.metrics_file import MetricsFile
from fairseq_plugins.training.phases import PHASES
from fairseq_plugins.training.throughput import interval_figures, process_age, slowest_process
from tests.fairseq_plugins.processes import train
from tests.fairseq_plugins.running import run_train, train_arguments

PAD = 1
SHARES = [f"{phase}_share" for phase in PHASES]


def batch(sources: list[int], targets: list[int]) -> dict[str, Any]:
    """Sentences of these lengths."""
    source, target = (torch.full((len(n), max(n)), PAD) for n in (sources, targets))
    for row, (left, right) in enumerate(zip(sources, targets, strict=True)):
        source[row, -left:] = 5  # fairseq pads sources on the left
        target[row, :right] = 6
    inputs = {"src_tokens": source, "src_lengths": torch.tensor(sources), "prev_output_tokens": target}
    return {"net_input": inputs, "target": target, "ntokens": sum(targets)}


def lines(path: Path, event: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in found if line["event"] == event]


lengths = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=6)


@given(lengths)
def test_counts_are_sums_over_sentences(pairs: list[tuple[int, int]]) -> None:
    sources, targets = ([pair[side] for pair in pairs] for side in (0, 1))
    count = dict(zip(COUNTS, count_batch(batch(sources, targets), PAD), strict=True))
    assert count == {
        "source": sum(sources),
        "target": sum(targets),
        "padded_source": len(pairs) * max(sources),
        "padded_target": len(pairs) * max(targets),
        "source_squares": sum(s * s for s in sources),
        "target_squares": sum(t * t for t in targets),
        "crossings": sum(s * t for s, t in pairs),
        "sourceless": 0,
    }


@given(st.lists(lengths, max_size=3))
def test_an_update_counts_the_sum_of_its_batches_and_empty_ones_nothing(updates: list[list[tuple[int, int]]]) -> None:
    samples = [batch([s for s, _ in pairs], [t for _, t in pairs]) for pairs in updates]
    expected = [sum(column) for column in zip(*(count_batch(s, PAD) for s in samples), strict=True)] or [0.0] * 8
    assert count_batches([*samples, None, {}], PAD) == expected


def test_language_model_batches_count_targets_and_give_no_mfu() -> None:
    tokens = torch.tensor([[5, 6, PAD], [7, 8, 9]])
    sample = {"net_input": {"src_tokens": tokens, "src_lengths": torch.tensor([2, 3])}, "target": tokens, "ntokens": 5}
    row = count_batch(sample, PAD)
    assert dict(zip(COUNTS, row, strict=True)) | {"target": 5.0, "padded_target": 6.0, "sourceless": 1.0} == dict(
        zip(COUNTS, row, strict=True)
    )
    figures = interval_figures([[*row, *[1.0] * len(PHASES), 1.0, 0.0]], 1, lambda *counts: 1e9, 1e12)
    assert figures["tps"] > 0 and figures["pad_share"] == pytest.approx(1 / 6)
    assert not {"mfu", "tflops"} & set(figures)


seconds = st.lists(st.floats(0.001, 100), min_size=len(PHASES), max_size=len(PHASES))


@given(st.lists(st.tuples(lengths, seconds), min_size=1, max_size=4))
def test_figures_of_processes_together(parts: list[tuple[list[tuple[int, int]], list[float]]]) -> None:
    rows = [
        [*count_batch(batch([s for s, _ in pairs], [t for _, t in pairs]), PAD), *spent, 2.0**30 * (n + 1), 0.0]
        for n, (pairs, spent) in enumerate(parts)
    ]
    figures = interval_figures(rows, 7, lambda source, target, *squares: 3.0 * source + 5.0 * target, 1e3)
    assert sum(figures[share] for share in SHARES) == pytest.approx(1)
    spent = dict(zip(PHASES, (sum(c) / len(rows) for c in zip(*(p[1] for p in parts), strict=True)), strict=True))
    training = sum(spent.values()) - spent["validation"] - spent["checkpoint"]
    source, target = (sum(pair[side] for pairs, _ in parts for pair in pairs) for side in (0, 1))
    assert figures["tps"] * training == pytest.approx(target)
    assert figures["src_tps"] * training == pytest.approx(source)
    assert figures["s_per_update"] * 7 == pytest.approx(training)
    assert figures["mfu"] * 1e3 * training * len(rows) == pytest.approx(3 * source + 5 * target)
    assert figures["host_gib"] == len(rows)  # the largest
    assert figures["wall_s"] == pytest.approx(sum(spent.values()))


def test_the_process_that_waits_least_is_the_slowest() -> None:
    def row(compute: float, communication: float) -> list[float]:
        return [0.0] * len(COUNTS) + [{"compute": compute, "communication": communication}.get(p, 0.0) for p in PHASES]

    assert slowest_process([row(1, 2), row(3, 0), row(2, 1)]) == {"slowest_process": 1, "imbalance": 1.5}


def test_half_a_line_of_a_killed_process_spoils_no_other(tmp_path: Path) -> None:
    file = MetricsFile(tmp_path / "new" / "metrics.jsonl")
    file.append("train", update=1, loss=torch.tensor(2.5), bad=float("nan"))
    with file.path.open("a") as stream:
        stream.write('{"event": "tra')
    file.append("train", update=2)
    first, half, last = file.path.read_text().splitlines()
    assert json.loads(first) | {"update": 1, "loss": 2.5, "bad": None} == json.loads(first)
    assert half == '{"event": "tra' and json.loads(last)["update"] == 2


def test_the_age_of_this_process_is_known() -> None:
    first = process_age()
    assert 0 < first <= process_age() < 100_000


def test_log_lines_and_the_file_agree_with_the_batches(data: Path, tmp_path: Path) -> None:
    """One process: counts against the batches themselves, lines against the file."""
    save = tmp_path / "save"
    more = ("--log-interval", "2", "--save-interval-updates", "4", "--update-freq", "2")
    shown = run_train(train_arguments(data, save, 6, *more), tmp_path / "log")
    written = lines(save / "metrics.jsonl", "train")
    assert [line["update"] for line in written] == [2, 4, 6]
    inner = [line for line in shown if "tps" in line and "train_loss" not in line]
    assert [float(line["tps"]) for line in inner] == pytest.approx([line["tps"] for line in written], rel=1e-4)
    for line in written:
        assert sum(line[share] for share in SHARES) == pytest.approx(1, abs=1e-6)
        assert 0 < line["mfu"] < 2 and 0 <= line["pad_share"] < 1 and line["host_gib"] > 0.1
        training = line["wall_s"] * (1 - line["validation_share"] - line["checkpoint_share"])
        # fairseq's own sums of the tokens of each stream
        assert line["tps"] * training == pytest.approx(sum(v for k, v in line.items() if k.startswith("tokens_")))
        assert line["s_per_update"] * 2 == pytest.approx(training)
        assert line["compute_share"] > 0 and line["optimizer_share"] > 0 and line["communication_share"] < 0.05
    assert written[2]["validation_share"] > 0 and written[2]["checkpoint_share"] > 0
    (started,) = lines(save / "metrics.jsonl", "start")
    assert started["processes"] == 1 and started["peak_tflops"] > 0 and started["seconds"] > 0
    validations, saves = (lines(save / "metrics.jsonl", event) for event in ("validation", "checkpoint"))
    assert [line["update"] for line in validations] == [4, 6] and validations[0]["losses"]["valid"] > 0
    assert [line["update"] for line in saves][:2] == [4, 6]
    assert sum(line["seconds"] for line in (validations[0], saves[0])) == pytest.approx(
        written[2]["wall_s"] * (written[2]["validation_share"] + written[2]["checkpoint_share"]), rel=0.05
    )


@pytest.mark.e2e
@pytest.mark.parametrize("backend", ["legacy_ddp", "vega_fsdp"])
def test_two_processes_count_together_and_see_their_waiting(backend: str, data: Path, tmp_path: Path) -> None:
    common = ("--log-interval", "3", "--batches-per-update", "2", "--disable-validation", "--no-save")
    figures = {}
    for processes, more in ((1, ()), (2, ("--ddp-backend", backend))):
        save = tmp_path / f"save{processes}"
        train(processes, train_arguments(data, save, 6, *common, *more), tmp_path / f"record{processes}")
        figures[processes] = lines(save / "metrics.jsonl", "train")
    for alone, together in zip(figures[1], figures[2], strict=True):
        for rate in ("tps", "src_tps", "padded_tps"):  # the same tokens, in other times
            assert together[rate] * together["s_per_update"] == pytest.approx(alone[rate] * alone["s_per_update"])
        assert together["pad_share"] == pytest.approx(alone["pad_share"])
        assert 2 * together["tflops"] * together["s_per_update"] == pytest.approx(
            alone["tflops"] * alone["s_per_update"]
        )
        assert together["communication_share"] > 0.02 > alone["communication_share"]
        assert sum(together[share] for share in SHARES) == pytest.approx(1, abs=0.01)
        assert together["processes"] == 2 and together["slowest_process"] in (0, 1) and together["imbalance"] >= 1
    spans = [b["time"] - a["time"] for a, b in zip(figures[2], figures[2][1:], strict=False)]
    assert spans == pytest.approx([line["wall_s"] for line in figures[2][1:]], rel=0.01, abs=0.05)
