"""What SLURM's commands answer, recorded from SLURM 22.05.8 (Debian 12) on the cluster of slurm.testing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm import queue
from slurm.queue import COLUMNS, QueueState, parse_sacct, parse_scontrol, parse_squeue, seconds
from slurm.testing import Cluster
from vega.errors import UserError

RECORDED = Path(__file__).with_name("recorded")
#: The job's name in the recording; it looks like fields of scontrol's answer.
HOSTILE = "x JobState=COMPLETED Reason=None Dependency=(null) ExitCode=9:9 RunTime=1 NodeList=n9 BatchHost"
#: Written by hand: without cgroups there is no OUT_OF_MEMORY.
SACCT = """\
7|COMPLETED|0:0|3601|n[1-2]
9_0|FAILED|3:0|4|n1
9_1|OUT_OF_MEMORY|0:125|4|n2
"""
#: The jobs of the recording: task 2 of array 8 failed, 9 and 13 were put back and ended well, 10 and 11 were cancelled.
ENDS = {
    ("1", None): ("TIMEOUT", None), ("2", None): ("COMPLETED", 0), ("3", None): ("FAILED", 3),
    ("4", None): ("FAILED", 137), ("5", None): ("FAILED", 128 + 53), ("6", None): ("CANCELLED", None),
    ("7", None): ("CANCELLED", None), ("8", 0): ("COMPLETED", 0), ("8", 1): ("FAILED", 1), ("8", 2): ("FAILED", 2),
    ("8", 3): ("COMPLETED", 0), ("8", 4): ("FAILED", 1), ("9", None): ("COMPLETED", 0),
    ("12", None): ("NODE_FAIL", None), ("13", None): ("COMPLETED", 0), ("20", None): ("PREEMPTED", None),
    ("21", None): ("COMPLETED", 0),
} | {("10", task): ("CANCELLED", None) for task in range(6)}  # fmt: skip
#: Tasks of array 11, which had not begun: sacct has one line for them.
UNBEGUN = (1, 3, 5, 7, 9, 12, *range(20, 141, 3))
DEAD = """\
sacct: error: slurm_persist_conn_open_without_init: failed to open persistent connection to host:localhost:59349: \
Connection refused
sacct: error: Sending PersistInit msg: Connection refused
sacct: error: Problem talking to the database: Connection refused
"""


def recording(name: str) -> str:
    return (RECORDED / name).read_text(encoding="utf-8")


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that alone is searched for SLURM's commands; empty at first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def answer(folder: Path, name: str, text: str = "", error: str = "", status: int = 0) -> None:
    """Let the command `name` answer so; it writes its arguments and environment beside itself."""
    (folder / f"{name}.text").write_text(text, encoding="utf-8")
    (folder / f"{name}.error").write_text(error, encoding="utf-8")
    program = folder / name
    program.write_text(
        f'#!/bin/bash\nprintf "%s\\n" "$@" >{folder}/{name}.arguments\ndeclare -x >{folder}/{name}.environment\n'
        f'echo -n "$(<{folder}/{name}.text)"\necho "$(<{folder}/{name}.error)" >&2\nexit {status}\n',
        encoding="utf-8",
    )
    program.chmod(0o755)


def squeue_line(**values: str) -> str:
    return "".join(values.get(name, "").ljust(width) for name, width in COLUMNS.items()) + "\n"


def by_key(states: list[QueueState]) -> Mapping[tuple[str, int | None], QueueState]:
    return {(state.id, state.task): state for state in states}


def test_what_squeue_answered() -> None:
    found = parse_squeue(recording("squeue-22.05.8.txt"))
    began = "2026-11-24T12:49:56"
    assert found["36", None] == QueueState("36", None, "RUNNING", "", "n[1-2]", 4, 86_396, began)
    assert found["37", None] == QueueState("37", None, "PENDING", "BeginTime", start="2026-11-24T13:49:56", elapsed=0)
    assert found["34", None] == QueueState("34", None, "FAILED", "NonZeroExitCode", "n1", 0, None, began)
    assert {task: found["35", task].state for task in range(4)} == {
        0: "COMPLETED", 1: "FAILED", 2: "RUNNING", 3: "RUNNING",
    }  # fmt: skip


def test_what_scontrol_answered_even_of_a_job_whose_name_looks_like_an_answer() -> None:
    text = recording("scontrol-22.05.8.txt")
    assert HOSTILE in text
    found = parse_scontrol(text)
    assert (found["34", None].state, found["34", None].exit_code, found["34", None].nodes) == ("FAILED", 3, "n1")
    assert found["35", 1].exit_code == 128 + 9
    assert found["35", 0].exit_code == 0


def test_what_sacct_answered() -> None:
    """The name of job 3 holds a line that looks like an answer."""
    found = parse_sacct(recording("sacct-22.05.8.txt"))
    ends = {key: (state.state, state.exit_code) for key, state in found.items()}
    assert ends == ENDS | {("11", task): ("CANCELLED", None) for task in UNBEGUN}


def test_accounting_and_the_queue_agree_on_what_has_ended() -> None:
    recorded, queued = parse_sacct(recording("sacct-22.05.8.txt")), parse_squeue(recording("squeue-ended-22.05.8.txt"))
    assert set(queued) == set(ENDS)
    for key, state in queued.items():
        other = recorded[key]
        assert (other.state, other.nodes, other.elapsed) == (state.state, state.nodes, state.elapsed)


@given(
    ranges=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 3)), min_size=1, max_size=6),
    throttle=st.sampled_from(["", "%2"]),
)
def test_tasks_that_share_a_line(ranges: list[tuple[int, int, int]], throttle: str) -> None:
    """Written as 3, 3-6 or 3-9:2, in rising order. The ranges: how far behind the last one, how many, which step."""
    tasks, parts, last = [], [], -1
    for gap, count, step in ranges:
        one = range(last + gap, last + gap + count * step, step)
        last = one[-1]
        tasks += one
        parts.append(f"{one[0]}" if count == 1 else f"{one[0]}-{last}" + (f":{step}" if step > 1 else ""))
    found = parse_sacct(f"9_[{','.join(parts)}{throttle}]|CANCELLED by 0|0:0|0|None assigned\n")
    assert list(found) == [("9", task) for task in tasks]
    assert {state.nodes for state in found.values()} == {""}


@given(days=st.integers(0, 400), rest=st.integers(0, 86_399))
def test_every_time_that_slurm_writes_is_read(days: int, rest: int) -> None:
    hours, minutes, last = rest // 3600, rest // 60 % 60, rest % 60
    total = days * 86_400 + rest
    assert seconds(f"{days}-{hours:02}:{minutes:02}:{last:02}") == total
    if days == 0:
        assert seconds(f"{hours}:{minutes:02}:{last:02}") == total
        assert hours or seconds(f"{minutes}:{last:02}") == total


@pytest.mark.parametrize("text", ["UNLIMITED", "INVALID", "NOT_SET", "N/A", ""])
def test_no_time_is_none(text: str) -> None:
    assert seconds(text) is None


def test_accounting_tells_of_what_squeue_has_forgotten(commands: Path) -> None:
    answer(commands, "squeue", squeue_line(arrayjobid="10", arraytaskid="N/A", state="RUNNING", reason="None"))
    answer(commands, "sacct", SACCT)
    found = by_key(queue.states({"7": 0, "9": 2, "10": 0}))
    assert found["7", None].state == "COMPLETED"
    assert found["9", 0].exit_code == 3
    assert found["10", None].state == "RUNNING"


def test_accounting_is_asked_only_where_something_is_unknown(commands: Path) -> None:
    answer(commands, "squeue", squeue_line(arrayjobid="10", arraytaskid="N/A", state="RUNNING", reason="None"))
    answer(commands, "sacct", SACCT)
    assert set(by_key(queue.states({"7": 0, "10": 0}, settled=["7"]))) == {("10", None)}
    assert not (commands / "sacct.arguments").exists()


def test_the_queue_knows_better_than_accounting_what_is_queued(commands: Path) -> None:
    waiting = squeue_line(arrayjobid="9", arraytaskid="0", state="PENDING", reason="BeginTime", restartcnt="1")
    answer(commands, "squeue", waiting)
    answer(commands, "sacct", SACCT)
    found = by_key(queue.states({"9": 2}))
    assert (found["9", 0].state, found["9", 0].exit_code) == ("PENDING", None)
    assert found["9", 1].state == "OUT_OF_MEMORY"


def test_what_squeue_does_not_know_is_not_alive(commands: Path) -> None:
    """Accounting hears of an end late, or never."""
    text = recording("sacct-early-22.05.8.txt")
    alive = {state.id for state in parse_sacct(text).values() if state.alive}
    assert alive == {"1", "6", "7", "9", "10", "11", "12", "13"}
    answer(commands, "squeue")
    answer(commands, "sacct", text)
    found = queue.states({str(job): 0 for job in range(1, 14)})
    assert {state.id for state in found} == {"2", "3", "4", "5", "8"}


@pytest.mark.parametrize("recorded", ["35_0|COMPLETED|0:0|0|n1\n", "35_0|COMPLETED|0:0|0|n1\n35_1|RUNNING|0:0|0|n1\n"])
def test_where_accounting_is_behind_the_controller_is_asked(commands: Path, recorded: str) -> None:
    lines = recording("squeue-22.05.8.txt").splitlines(keepends=True)
    answer(commands, "squeue", "".join(line for line in lines if line.startswith("35 ")))
    answer(commands, "sacct", recorded)
    answer(commands, "scontrol", recording("scontrol-22.05.8.txt"))
    assert by_key(queue.states({"35": 4}))["35", 1].exit_code == 137


@pytest.mark.parametrize("kind", ["missing", "off", "dead", "silent"])
def test_without_accounting_the_controller_is_asked(commands: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    answer(commands, "squeue", recording("squeue-22.05.8.txt"))
    answer(commands, "scontrol", recording("scontrol-22.05.8.txt"))
    if kind == "off":
        answer(commands, "sacct", error="Slurm accounting storage is disabled", status=1)
    if kind == "dead":
        answer(commands, "sacct", error=DEAD, status=1)
    if kind == "silent":
        monkeypatch.setattr(queue, "SACCT_PATIENCE", 0.2)
        answer(commands, "sacct")
        (commands / "sacct").write_text("#!/bin/bash\nwhile :; do :; done\n", encoding="utf-8")
    begin = time.monotonic()
    found = by_key(queue.states({"34": 0, "35": 4, "36": 0, "37": 0, "38": 0}))
    assert found["34", None].exit_code == 3
    assert found["35", 1].exit_code == 137
    assert ("38", None) not in found
    assert time.monotonic() - begin < 30


def test_a_machine_without_slurm(commands: Path) -> None:
    with pytest.raises(UserError, match=r"squeue was not found, so this is no login node .*module load slurm"):
        queue.states({"1": 0})


BUSY = "slurm_load_jobs error: Socket timed out on send/recv operation"


@pytest.mark.parametrize("said", [BUSY, "slurm_load_jobs error: Unable to contact slurm controller (connect failure)"])
def test_a_busy_controller(commands: Path, said: str) -> None:
    answer(commands, "squeue", error=said, status=1)
    with pytest.raises(UserError, match=r"^squeue: .*Try again in a minute"):
        queue.alive(["1"])


def test_a_job_may_be_queued_though_sbatch_had_no_answer(commands: Path) -> None:
    answer(commands, "sbatch", error=f"sbatch: error: Batch job submission failed: {BUSY}", status=1)
    with pytest.raises(UserError, match="may be in the queue all the same"):
        queue.sbatch(Path("script"))


def test_what_slurm_refuses_is_said_in_its_words(commands: Path) -> None:
    said = (
        "sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: Invalid name\n"
    )
    answer(commands, "sbatch", error=said, status=1)
    with pytest.raises(UserError) as caught:
        queue.sbatch(Path("script"))
    assert str(caught.value) == "sbatch: invalid partition specified: nope; Batch job submission failed: Invalid name"


def test_sbatch_gets_what_it_is_told(commands: Path) -> None:
    answer(commands, "sbatch", "17;other\n")
    assert queue.sbatch(Path("a b.sbatch"), ["3", "4"], "3,7%4") == "17"
    arguments = (commands / "sbatch.arguments").read_text(encoding="utf-8").splitlines()
    assert arguments == ["--parsable", "--dependency=afterok:3:4", "--array=3,7%4", "a b.sbatch"]


def test_nothing_of_a_surrounding_job_or_of_a_users_taste_gets_in(
    commands: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SQUEUE_STATES", "SACCT_FORMAT", "SLURM_JOB_ID", "SLURM_MEM_PER_CPU", "SLURM_TIME_FORMAT"):
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("SLURM_CONF", "kept")
    answer(commands, "squeue")
    queue.alive(["1"])
    environment = (commands / "squeue.environment").read_text(encoding="utf-8")
    assert "theirs" not in environment
    assert 'SLURM_CONF="kept"' in environment
    assert 'SLURM_BITSTR_LEN="0"' in environment  # else sacct ends a long list of tasks with ...


def test_nothing_is_asked_about_nothing(commands: Path) -> None:
    assert queue.states({}) == []
    assert queue.alive([]) == set()
    queue.scancel([])


@pytest.mark.slurm
def test_a_real_cluster(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CONF", cluster.environment["SLURM_CONF"])
    script = tmp_path / "job.sh"
    script.write_text("#!/bin/bash\n#SBATCH --output=/dev/null --hold\nexit 5\n", encoding="utf-8")
    job = queue.sbatch(script)
    array = queue.sbatch(script, [job], "1,3%1")
    assert queue.alive([job, array, "999999"]) == {job, array}
    waiting = by_key(queue.states({job: 0, array: 0}))
    assert waiting[job, None].reason == "JobHeldUser"
    assert {task for name, task in waiting if name == array} == {1, 3}
    cluster.run("scontrol", "release", job, array)
    cluster.wait_for_job(job, "FAILED")
    cluster.wait_until(lambda: by_key(queue.states({array: 0}))[array, 1].never_starts, 20, "the array is given up")
    ended = by_key(queue.states({job: 0, "999999": 0}))
    assert {key: (state.state, state.exit_code) for key, state in ended.items()} == {(job, None): ("FAILED", 5)}
    queue.scancel([array, job, "999999"])
    assert queue.alive([job, array]) == set()
    assert queue.states({"999999": 0}) == []
    with pytest.raises(UserError, match="Unable to open file"):
        queue.sbatch(tmp_path / "none.sh")
