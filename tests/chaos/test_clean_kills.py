"""Cleaning under attack: whatever is killed, filled or damaged, the same bytes come out and no line is lost."""

import importlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data_pipeline import clean, filters
from data_pipeline.leakage.index import build_index
from data_pipeline.ledger import work_folder
from data_pipeline.shards import ShardJob, ShardResult, filter_shard
from vega.child_signals import descendants
from vega.errors import UserError
from vega.settings import CleanSettings, Corpus
from vega.strict_yaml import dump

SITE = Path(__file__).with_name("poison_site")
LINES, SHARD = 400, 50
#: At lines of the fourth and the sixth unit work waits until a file is there: nothing here depends on time.
WAITING, UNITS_BEFORE = {175: "WAIT", 275: "WAIT"}, 4


def write_corpus(folder: Path, poison: dict[int, str] = WAITING, lines: int = LINES) -> Corpus:
    """Random words, among them duplicates, copies and empty lines; `poison` goes into the text of its lines."""
    generator = random.Random(1)
    words = ["".join(generator.choices("aeioulnrst", k=5)) for _ in range(400)]
    rows: list[list[str]] = []
    for number in range(1, lines + 1):
        row = [" ".join(generator.choices(words, k=8)) for _ in range(2)]
        if number % 17 == 0:
            row = list(rows[number // 2])
        elif number % 23 == 0:
            row[1] = row[0] if number % 2 else ""
        rows.append(row)
    for number, word in poison.items():
        rows[number - 1] = [f"{side} {word}" for side in rows[number - 1]]
    for column, code in enumerate(("en", "de")):
        (folder / f"text.{code}").write_text("".join(f"{row[column]}\n" for row in rows), encoding="utf-8")
    return Corpus(name="text", languages=["en", "de"], files=str(folder / "text.{lang}"))


def settings(corpus: Corpus, workers: int = 1, harmless: bool = True, **options: Any) -> CleanSettings:
    rules = {"length": {}, "copy": {}, "poison": {"harmless": harmless}, "poison_batch": {"harmless": harmless}}
    return CleanSettings(corpora=[corpus], workers=workers, shard_lines=SHARD, filters=rules, **options)


def outputs(folder: Path) -> dict[str, bytes]:
    """All output files but clean.json, whose times differ, and instead of it the counts."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    stage = ("clean.json", "manifest.json", "settings.yaml")
    found = {str(path.relative_to(folder)): path.read_bytes() for path in files if path.name not in stage}
    report = json.loads((folder / "clean.json").read_text(encoding="utf-8"))
    return {**found, "counts": json.dumps(report["corpora"], sort_keys=True).encode()}


def check_accounts(folder: Path, lines: int = LINES) -> list[dict[str, Any]]:
    """Every line once in the provenance, with the outcome that the counts and the text have; returns the rows."""
    facts = json.loads((folder / "clean.json").read_text(encoding="utf-8"))["corpora"]["text.en-de"]
    rows: list[dict[str, Any]] = pq.read_table(folder / "provenance/text.en-de.parquet").to_pylist()
    assert [row["line"] for row in rows] == list(range(1, lines + 1))
    counts = {"kept": facts["kept"], **facts["dropped"], **facts["quarantined"]}
    assert sum(counts.values()) == facts["read"] == lines
    for outcome, count in counts.items():
        assert sum(row["outcome"] == outcome for row in rows) == count
    for code in ("en", "de"):
        assert (folder / f"text.en-de.{code}").read_bytes().count(b"\n") == facts["kept"]
    return rows


@pytest.fixture(autouse=True, scope="module")
def poison_here() -> Iterator[None]:
    """The filters of `poison_filters` in this process and its children.

    Without the index of the bundled test sets, which takes seconds, and more disk than the corpus.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clean, "build_index", partial(build_index, bundled=None))
        patch.syspath_prepend(str(SITE))
        for name, rule in importlib.import_module("poison_filters").register(filters).items():
            patch.setitem(filters.FILTERS, name, rule)
        yield


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def reference(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("reference") / "output"
    clean.run(settings(corpus), folder)
    check_accounts(folder)
    return outputs(folder)


@pytest.fixture
def count_jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the units that were done in this process."""
    done: list[str] = []

    def counting(job: ShardJob) -> ShardResult:
        done.append(job.unit.folder.name)
        return filter_shard(job)

    monkeypatch.setattr(clean, "filter_shard", counting)
    return done


def start(chosen: CleanSettings, output: Path, gate: Path | None = None, seconds: float = 0) -> subprocess.Popen[bytes]:
    """`vega clean` in a process of its own, whose filters wait for `gate`, and take `seconds` for a row."""
    file = output.with_suffix(".yaml")
    file.write_text(dump(chosen), encoding="utf-8")
    command = [sys.executable, "-m", "vega", "clean", str(file), "--output", str(output)]
    path = os.pathsep.join([str(SITE), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    pace = {"POISON_GATE": str(gate or ""), "POISON_SECONDS": str(seconds)}
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path, **pace}, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> str:
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    return errors.decode()


def published(output: Path) -> list[str]:
    return [path.parent.name for path in work_folder(output).glob("*/units/[0-9]*/unit.json")]


def wait_for(condition: Callable[[], Any], process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until it holds, for minutes where the machine is busy, but not for a process that has ended."""
    deadline = time.monotonic() + 300
    while not condition():
        assert process is None or process.poll() is None, process.communicate()[1].decode()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def command(pid: int) -> str:
    """The command line of a process, empty where it is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_damaged_units_are_found_and_done_again(
    corpus: Corpus, reference: dict[str, bytes], tmp_path: Path, count_jobs: list[str]
) -> None:
    output = tmp_path / "output"
    with stopped_before_the_end():
        clean.run(settings(corpus), output)
    assert len(count_jobs) == len(published(output)) == LINES // SHARD
    count_jobs.clear()
    victims = sorted(work_folder(output).glob("*/units/[0-9]*"))[::2]
    for victim, damage in zip(victims, ("flipped bit", "cut off", "file gone", "no record"), strict=True):
        harm(victim, damage)
    clean.run(settings(corpus), output)
    assert count_jobs == [victim.name for victim in victims]
    assert outputs(output) == reference


@contextmanager
def stopped_before_the_end() -> Iterator[None]:
    """All units are done, and nothing after them."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(clean, "find_duplicates", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        yield


def harm(unit: Path, damage: str) -> None:
    text = unit / "kept.de"
    if damage == "flipped bit":
        content = bytearray(text.read_bytes())
        content[20] ^= 1
        text.write_bytes(content)
    elif damage == "cut off":
        text.write_bytes(text.read_bytes()[:-10])
    elif damage == "file gone":
        (unit / "provenance.parquet").unlink()
    else:
        (unit / "unit.json").write_text("{", encoding="utf-8")


def test_a_unit_damaged_while_the_stage_runs_is_done_again(
    corpus: Corpus, reference: dict[str, bytes], tmp_path: Path, count_jobs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "output"
    real = clean.find_duplicates

    def harmful(*arguments: Any) -> None:
        real(*arguments)
        if len(count_jobs) == LINES // SHARD:
            harm(sorted(work_folder(output).glob("*/units/[0-9]*"))[-1], "flipped bit")

    monkeypatch.setattr(clean, "find_duplicates", harmful)
    clean.run(settings(corpus), output)
    assert len(count_jobs) == LINES // SHARD + 1
    assert outputs(output) == reference


def test_text_damaged_before_it_is_judged_is_cut_again(
    corpus: Corpus, reference: dict[str, bytes], tmp_path: Path, count_jobs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = clean.filter_shard

    def harmful(job: ShardJob) -> ShardResult:
        if len(count_jobs) == 2:
            content = bytearray((job.source / "de").read_bytes())
            content[20] ^= 1
            (job.source / "de").write_bytes(content)
        return counting(job)

    monkeypatch.setattr(clean, "filter_shard", harmful)
    clean.run(settings(corpus), tmp_path / "output")
    assert len(count_jobs) == LINES // SHARD + 1
    assert outputs(tmp_path / "output") == reference


def test_work_for_other_text_or_settings_is_not_used(tmp_path: Path, count_jobs: list[str]) -> None:
    corpus, output = write_corpus(tmp_path), tmp_path / "output"
    stop = settings(corpus)
    for changed in ("nothing", "settings", "text"):
        if changed == "settings":
            stop = stop.model_copy(update={"filters": {"length": {"max_tokens": 99}, "copy": {}}})
        if changed == "text":
            path = corpus.paths()["en"]
            path.write_text(path.read_text(encoding="utf-8").replace("a", "o", 1), encoding="utf-8")
        count_jobs.clear()
        with stopped_before_the_end():
            clean.run(stop, output)
        assert len(count_jobs) == {"nothing": LINES // SHARD, "settings": LINES // SHARD, "text": 1}[changed]
        assert len(list(work_folder(output).iterdir())) == 1


@pytest.mark.e2e
def test_poison_lines_are_set_aside_and_only_they(tmp_path: Path) -> None:
    """Lines that raise, abort, and get the process killed: with two workers, several in one shard.

    One of the two filters gets one line after the other, one all at once.
    """
    poison = {60: "ABORT", 61: "MEMORY", 77: "RAISE", 310: "TOGETHER"}
    corpus = write_corpus(tmp_path, poison)
    clean.run(settings(corpus), tmp_path / "reference")
    finish(start(settings(corpus, 2, harmless=False, max_quarantined=0.02), tmp_path / "output"))
    expected, rows = check_accounts(tmp_path / "reference"), check_accounts(tmp_path / "output")
    set_aside = {row["line"]: (row["outcome"], row["error"]) for row in rows if row["outcome"].startswith("error:")}
    assert set(set_aside) == set(poison)
    for line, word in poison.items():
        outcome = "error:poison" if word == "RAISE" else "error:crash"
        assert set_aside[line][0] == outcome
        assert ("this line is bad" in set_aside[line][1]) == (word == "RAISE")
    assert [row for row in rows if row["line"] not in poison] == [
        row for row in expected if row["line"] not in poison
    ]  # fmt: skip
    for code in ("en", "de"):
        lines = (tmp_path / f"reference/text.en-de.{code}").read_text(encoding="utf-8").splitlines()
        kept = (tmp_path / f"output/text.en-de.{code}").read_text(encoding="utf-8").splitlines()
        assert kept == [line for line in lines if not line.endswith(tuple(poison.values()))]


def test_too_many_bad_lines_end_the_stage_and_a_higher_limit_goes_on(tmp_path: Path, count_jobs: list[str]) -> None:
    corpus = write_corpus(tmp_path, dict.fromkeys(range(100, 106), "RAISE"))
    chosen = settings(corpus, harmless=False)
    output = tmp_path / "output"
    with pytest.raises(UserError) as stopped:
        clean.run(chosen, output)
    expected = "A filter failed on 6 lines, more than clean.max_quarantined (1.00% of all lines) allows"
    assert expected in str(stopped.value) and "line 100: poison: ValueError: this line is bad" in str(stopped.value)
    before = set(published(output))
    assert before
    count_jobs.clear()
    clean.run(chosen.model_copy(update={"max_quarantined": 0.02}), output)
    assert not before & set(count_jobs)
    assert sum(row["outcome"] == "error:poison" for row in check_accounts(output)) == 6


@pytest.mark.e2e
def test_killed_workers_cost_no_line(corpus: Corpus, reference: dict[str, bytes], tmp_path: Path) -> None:
    assert after_kills_of_workers(corpus, tmp_path, kills=3, seconds=0.005) == reference


@pytest.mark.slow
def test_many_killed_workers_cost_no_line(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path, {3990: "WAIT"}, lines=4000)
    clean.run(settings(corpus), tmp_path / "calm")
    check_accounts(tmp_path / "calm", 4000)
    assert after_kills_of_workers(corpus, tmp_path, kills=60, seconds=0.02) == outputs(tmp_path / "calm")


def after_kills_of_workers(corpus: Corpus, folder: Path, kills: int, seconds: float) -> dict[str, bytes]:
    """Two workers, one of which, whichever works, is killed now and then; they cannot finish before the last kill."""
    gate, output = folder / "gate", folder / "output"
    process = start(settings(corpus, 2), output, gate, seconds)
    generator = random.Random(1)

    def working() -> list[int]:
        return [pid for pid in descendants(process.pid) if "ray::filter_shard" in command(pid)]

    killed = 0
    while killed < kills:
        time.sleep(generator.uniform(0.1, 0.6))
        wait_for(working, process)
        if workers := working():
            kill(generator.choice(workers))
            killed += 1
    gate.touch()
    finish(process)
    return outputs(output)


@pytest.mark.e2e
@pytest.mark.parametrize("victim", ["driver", "raylet"])
def test_a_killed_driver_or_node_goes_on_where_it_was(
    corpus: Corpus, reference: dict[str, bytes], tmp_path: Path, count_jobs: list[str], victim: str
) -> None:
    """Without a chance to clean up. Then one worker does what two had not done."""
    gate, output = tmp_path / "gate", tmp_path / "output"
    process = start(settings(corpus, 2), output, gate)
    wait_for(lambda: len(published(output)) == UNITS_BEFORE, process)
    agents = ("DashboardAgent", "RuntimeEnvAgent")  # they look for the node's other processes for a minute
    helpers = [pid for pid in descendants(process.pid) if not any(agent in command(pid) for agent in agents)]
    if victim == "driver":
        process.kill()
    else:
        kill(next(pid for pid in helpers if "raylet/raylet" in command(pid)))
    _, errors = process.communicate(timeout=300)
    assert process.returncode != 0
    if victim == "raylet" and process.returncode == 1:
        assert "Ray itself has ended" in errors.decode()
    wait_for(lambda: not any(map(command, helpers)))
    before = set(published(output))
    assert len(before) == UNITS_BEFORE and not output.exists()
    clean.run(settings(corpus), output)
    assert len(count_jobs) == LINES // SHARD - UNITS_BEFORE and not before & set(count_jobs)
    assert outputs(output) == reference
    assert not work_folder(output).exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 150 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if (
        not shutil.which("mount")
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=150k", "vega-test", str(folder)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said_and_more_space_lets_it_go_on(
    small_disk: Path, corpus: Corpus, reference: dict[str, bytes], count_jobs: list[str]
) -> None:
    output = small_disk / "output"
    with pytest.raises(UserError, match="the disk is full"):
        clean.run(settings(corpus), output)
    assert list(output.iterdir()) == []
    before = set(published(output))
    assert before
    count_jobs.clear()
    subprocess.run(["mount", "-o", "remount,size=100m", str(small_disk)], check=True)
    clean.run(settings(corpus), output)
    assert not before & set(count_jobs)
    assert outputs(output) == reference


def test_every_write_may_fail(
    corpus: Corpus, reference: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full at a write of a unit's files, one after another; at last there is space."""
    output = tmp_path / "output"
    real = Path.write_bytes
    writes = 0

    def failing(path: Path, content: bytes) -> int:
        nonlocal writes
        if work_folder(output) in path.parents:
            writes += 1
            if writes % 13 == 0:
                real(path, content[: len(content) // 2])
                raise OSError(28, os.strerror(28), str(path))
        return real(path, content)

    monkeypatch.setattr(Path, "write_bytes", failing)
    failures = 0
    while failures < 20:
        try:
            clean.run(settings(corpus), output)
            break
        except UserError as error:
            assert "the disk is full" in str(error)
            failures += 1
    assert 0 < failures < 20
    assert outputs(output) == reference


def test_interruption_is_no_crash(corpus: Corpus, tmp_path: Path) -> None:
    """A process that is asked to end leaves no mark on the line that was in work."""
    output = tmp_path / "output"
    process = start(settings(corpus), output, tmp_path / "gate")
    wait_for(lambda: len(published(output)) == 3, process)
    process.terminate()
    process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert not list(work_folder(output).glob("*/crashes/*"))
