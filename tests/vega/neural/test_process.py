"""The child process: no network, errors in one line, its end is noticed. Without any metric's package."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from vega.errors import UserError
from vega.neural import process
from vega.neural.assets import Assets, find_assets
from vega.neural.process import MetricProcess, Segment
from vega.neural.scorer import NeuralScorer
from vega.settings import NeuralMetric

#: An adapter of the child's protocol: the score is the output's length, and some outputs make it misbehave.
LENGTHS = """
import os, socket, sys
class Model:
    package, device = "lengths-1", sys.prefix
    def __init__(self, request):
        print("a library prints")
        assert not [name for name in sys.modules if name.startswith("vega")]
        assert os.environ["HF_HUB_OFFLINE"] == os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] == "1"
        if "broken" in request["checkpoint"]:
            import package_that_is_not_there
    def score(self, segments):
        return [self.one(output) for _, output, _ in segments]
    def one(self, output):
        if output == "die":
            print("cannot allocate", file=sys.stderr, flush=True)
            os._exit(7)
        if output == "huge":
            raise RuntimeError("CUDA out of memory. Tried to allocate 3 GiB")
        if output == "nan":
            return float("nan")
        if output.startswith("connect"):
            socket.create_connection(("127.0.0.1", int(output.split()[1])), timeout=5)
        if output == "resolve":
            socket.getaddrinfo("localhost", 80)
        if output.startswith("/"):
            socket.socket(socket.AF_UNIX).connect(output)
        return float(len(output))
"""


@pytest.fixture(autouse=True)
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real child, with the adapter above for `comet`."""
    folder = tmp_path / "child"
    shutil.copytree(process.CHILD, folder)
    (folder / "comet_child.py").write_text(LENGTHS)
    monkeypatch.setattr(process, "CHILD", folder)
    return folder


def started(tmp_path: Path, name: str = "model.ckpt") -> MetricProcess:
    return MetricProcess(NeuralMetric(path=tmp_path), Assets("comet", "lengths", tmp_path, tmp_path / name, (), True))


def segments(*outputs: str) -> list[Segment]:
    return [Segment("source", output, None) for output in outputs]


def test_scores_come_back_in_order_whatever_is_printed(tmp_path: Path) -> None:
    running = started(tmp_path)
    assert running.package == "lengths-1"
    assert running.score(segments("a", "ääää", "日\u2028本\n")) == [1.0, 4.0, 4.0]
    assert running.score([]) == []
    running.close()


def test_another_environments_interpreter_runs_it(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    metric = NeuralMetric(path=tmp_path, python=str(tmp_path / "env" / "bin" / "python"))
    running = MetricProcess(metric, Assets("comet", "lengths", tmp_path, tmp_path / "model.ckpt", (), True))
    assert running.device == str(tmp_path / "env") != sys.prefix
    assert running.score(segments("abc")) == [3.0]
    running.close()


def test_the_network_is_refused_and_sockets_of_the_file_system_are_not(tmp_path: Path) -> None:
    running = started(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        with pytest.raises(UserError, match="asked for the network"):
            running.score(segments(f"connect {server.getsockname()[1]}"))
        with pytest.raises(TimeoutError):
            server.accept()
    with pytest.raises(UserError, match=r"asked for the network \(socket.getaddrinfo"):
        running.score(segments("resolve"))
    place = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(place)
        server.listen()
        assert running.score(segments(place)) == [float(len(place))]
    running.close()


def test_failures_are_one_line_with_the_metrics_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"lengths: No module named 'package_that_is_not_there' .*`python`") as caught:
        started(tmp_path, "broken.ckpt")
    assert sys.executable in str(caught.value) and "\n" not in str(caught.value)
    running = started(tmp_path)
    with pytest.raises(UserError, match="Tried to allocate 3 GiB; set batch_size to less"):
        running.score(segments("huge"))
    with pytest.raises(UserError, match="lengths gives nan for the output 'nan'"):
        running.score(segments("a", "nan"))
    with pytest.raises(UserError, match=r"lengths: its process ended with 7. It said last: .*cannot allocate"):
        running.score(segments("die"))
    running.close()


def test_the_child_ends_when_its_parent_is_gone(tmp_path: Path, child: Path) -> None:
    hello = json.dumps({"checkpoint": "x"}).encode()
    env = {**os.environ, **process.OFFLINE}
    left = subprocess.Popen([sys.executable, child, "comet"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
    assert left.stdin is not None and left.stdout is not None
    left.stdin.write(hello + b"\n")
    left.stdin.flush()
    assert json.loads(left.stdout.readline()) == {"package": "lengths-1", "device": sys.prefix}
    left.stdin.close()
    assert left.wait(timeout=20) == 0
    left.stdout.close()


def test_each_different_segment_is_asked_for_once_and_a_failure_keeps_what_was_done(
    regression: Path, tmp_path: Path
) -> None:
    metric = NeuralMetric(path=regression, batch_size=1, cache=str(tmp_path / "cache"))
    long = [f"{'x' * 40} {number}" for number in range(16)]  # one request
    with pytest.raises(UserError, match="ended with 7"), NeuralScorer(metric) as scorer:
        scorer.score([*segments(*long, "die", *long)])
    with NeuralScorer(metric) as scorer:
        assert [each.score for each in scorer.score(segments(*long))] == [float(len(text)) for text in long]
        assert not scorer.is_running
        assert scorer.score(segments("a", "b", "a"))[2].score == 1.0
    lines = [line for path in (tmp_path / "cache").rglob("*.jsonl") for line in path.read_text().splitlines()]
    assert len(lines) == 18
    assert find_assets(metric).content[:32] in {path.name for path in (tmp_path / "cache").iterdir()}
