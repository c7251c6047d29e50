"""Real Ray, started once for the private one and once for a cluster."""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from data_pipeline import run_ray as module
from data_pipeline.run_ray import IN_FLIGHT_PER_WORKER, run_ray
from vega import ray_folder
from vega.errors import UserError

TOKEN = "0123456789abcdef" * 4


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Ray's sockets need a short path, which pytest's is not."""
    with tempfile.TemporaryDirectory(prefix="v-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """That of the user's clusters. A private Ray has another."""
    with monkeypatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", TOKEN)
        if "ray" in sys.modules:
            module._read_token()
        yield
    if "ray" in sys.modules:
        module._read_token()


def work(job: tuple[Path, int]) -> str:
    """Even jobs are slow, job 5 kills its process five times, job 100 is a user's mistake once all else is taken."""
    folder, number = job
    if number == 100:
        while not (folder / "taken").exists():
            time.sleep(0.05)
        raise UserError("line 100 is wrong")
    deaths = len(list(folder.glob("died*")))
    if number == 5 and deaths < 5:
        (folder / f"died{deaths}").touch()
        os._exit(1)
    time.sleep(0.1 * (number % 2 == 0))
    (folder / f"pid{os.getpid()}").touch()
    (folder / f"nice{os.nice(0)}").touch()
    return f"result {number}"


@pytest.mark.e2e
def test_bounds_crashes_errors_and_nothing_left_behind(
    tmp_path: Path, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "192.0.2.1:6379")  # another's cluster is left alone
    monkeypatch.setattr(ray_folder, "_short_base", lambda: short_folder)
    taken = []

    def jobs() -> Iterator[tuple[Path, int]]:
        for number in [*range(12), 100]:
            taken.append(number)
            yield tmp_path, number

    results = run_ray(work, jobs(), 2, attempts=0)
    found = [next(results)]
    check_closed()
    check_lean()
    assert len(taken) == IN_FLIGHT_PER_WORKER * 2
    found += [next(results) for _ in range(11)]
    assert sorted(found) == sorted(f"result {number}" for number in range(12))
    (tmp_path / "taken").touch()
    with pytest.raises(UserError, match=r"^line 100 is wrong$"):
        next(results)
    assert len({path.name for path in tmp_path.glob("pid*")} - {f"pid{os.getpid()}"}) >= 2
    assert [path.name for path in tmp_path.glob("nice*")] == [f"nice{os.nice(0)}"]  # Ray's own is 15
    assert list(short_folder.iterdir()) == []
    assert os.environ["RAY_AUTH_TOKEN"] == TOKEN


STRANGER = "import sys; from ray._raylet import GcsClient; GcsClient(address=sys.argv[1]).internal_kv_keys(b'', None)"


def check_closed() -> None:
    """Ray listens on the loopback only, and its main service answers to none but us."""
    import psutil  # Ray brings it
    import ray

    me = psutil.Process()
    sockets = []
    for process in [me, *me.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):  # one that has just ended listens to nobody
            sockets += process.net_connections("tcp")
    listening = {socket.laddr.ip.removeprefix("::ffff:") for socket in sockets if socket.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}
    address = ray.get_runtime_context().gcs_address
    for environment, status in ((dict(os.environ), 0), ({**os.environ, "RAY_AUTH_TOKEN": TOKEN}, 1)):
        command = [sys.executable, "-c", STRANGER, address]
        asked = subprocess.run(command, env=environment, stderr=subprocess.PIPE, check=False)
        assert asked.returncode == status, asked.stderr.decode()
    assert b"RAY_AUTH_TOKEN" in asked.stderr


def check_lean() -> None:
    """None of what `UNUSED` starts is there, which fails too where Ray starts it in another way."""
    import psutil

    commands = [" ".join(one.cmdline()) for one in psutil.Process().children(recursive=True)]
    assert any("gcs_server" in command for command in commands)
    assert not [command for command in commands if "monitor.py" in command or "dashboard.py" in command]


def test_ray_is_used_as_soon_as_its_node_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    state = pytest.importorskip("ray._private.state").GlobalState
    tables: list[list[dict[str, str]]] = [[], [{"NodeID": "other"}], [{"NodeID": "other"}, {"NodeID": "ours"}]]

    def get_node(_state: Any, node_id: str) -> str:
        assert not tables  # Ray itself would sleep for a second
        return node_id

    monkeypatch.setattr(state, "node_table", lambda _state: tables.pop(0))
    monkeypatch.setattr(state, "get_node", get_node)
    with module._watched():
        assert state().get_node("ours") == "ours"
    assert state.get_node is get_node


def test_jobs_are_made_while_ray_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as are given out at once; the others when they are asked for."""
    made: list[int] = []
    enough = threading.Event()

    def jobs() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            if len(made) == IN_FLIGHT_PER_WORKER * 2:
                enough.set()
            yield number

    @contextmanager
    def starting(workers: int) -> Iterator[None]:
        assert enough.wait(60)
        yield

    def carried_out(function: Any, jobs: Iterator[int], limit: int, attempts: int) -> Iterator[int]:
        assert (limit, attempts) == (IN_FLIGHT_PER_WORKER * 2, 4)
        return map(function, jobs)

    monkeypatch.setattr(module, "_local_ray", starting)
    monkeypatch.setattr(module, "_carry_out", carried_out)
    results = run_ray(abs, jobs(), 2)
    assert next(results) == 0
    assert len(made) == IN_FLIGHT_PER_WORKER * 2
    assert list(results) == list(range(1, 100))


def crash(_job: int) -> None:
    os._exit(1)


@pytest.mark.e2e
def test_a_running_cluster_is_used_and_left_running(tmp_path: Path, short_folder: Path) -> None:
    ray = [sys.executable, "-m", "ray.scripts.scripts"]
    environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(Path(__file__).parents[2])}
    head = subprocess.Popen(
        [*ray, "start", "--head", "--block", "--port=6399", "--num-cpus=2", "--include-dashboard=false",
         f"--temp-dir={short_folder}", "--node-ip-address=127.0.0.1"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        found = _when_up([(tmp_path, number) for number in range(4)])
        assert sorted(found) == [f"result {number}" for number in range(4)]
        with pytest.raises(UserError, match="killed several times on the same work"):
            list(run_ray(crash, [1], 0, address="127.0.0.1:6399", attempts=2))
        assert head.poll() is None
    finally:
        head.terminate()
        head.wait(30)


def _when_up(jobs: list[tuple[Path, int]]) -> list[str]:
    for _ in range(20):
        try:
            return list(run_ray(work, jobs, 0, address="127.0.0.1:6399"))
        except UserError as error:
            assert "No Ray cluster was found at '127.0.0.1:6399'" in str(error)
            time.sleep(1)
    raise AssertionError("the cluster did not start")


def meet(job: tuple[Path, str, int]) -> int:
    """Ends once work of both users has begun."""
    folder, user, number = job
    (folder / user).touch()
    for _ in range(1200):
        if (folder / "first").exists() and (folder / "second").exists():
            return number
        time.sleep(0.05)
    raise TimeoutError("the other's work has not begun")


MEETING = """
import sys
from pathlib import Path
from data_pipeline.run_ray import run_ray
from tests.data_pipeline.test_run_ray import meet
print(sum(run_ray(meet, [(Path(sys.argv[1]), sys.argv[2], number) for number in range(6)], 2)))
"""


@pytest.mark.e2e
def test_two_users_at_once_do_not_meet(tmp_path: Path, short_folder: Path) -> None:
    """Each has its own ports and folder, though both ask for the same."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(short_folder)}
    users = [
        subprocess.Popen([sys.executable, "-c", MEETING, tmp_path, user], env=environment, stdout=subprocess.PIPE)
        for user in ("first", "second")
    ]
    assert [(user.communicate(timeout=120)[0], user.returncode) for user in users] == [(b"15\n", 0)] * 2
    assert list(short_folder.iterdir()) == []
