"""W&B and MLflow with their own packages, offline: what they keep is what training logged, each point once.

They are no part of the tools of tests (each brings dozens of packages): skipped where they are not installed.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.vega.tracking.made_log import write
from vega.settings import TrainSettings
from vega.tracking import start


def train_twice(stage: Path, tracker: str) -> None:
    """Stopped after update 60, gone on from 40."""
    settings = TrainSettings(data=Path("data"), directions=["en-de"], trackers=[tracker], tracker_project="mine")
    with pytest.raises(KeyboardInterrupt), start.tracked(settings, stage):
        write(stage / "train.log", 10, 60)
        raise KeyboardInterrupt
    with start.tracked(settings, stage):
        write(stage / "train.log", 40, 100, loss=3.0)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HURRY", "PATIENCE"):
        monkeypatch.setattr(start, name, 200.0)
    for name in ("WANDB_MODE", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):  # who calls out fails here
        monkeypatch.setenv(name, f"http://127.0.0.1:{_closed_port()}")


def _closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


EXPECTED = [(update, 5.0 if update <= 60 else 3.0) for update in range(10, 101, 10)]


def test_mlflow_keeps_one_run_with_every_point_once(tmp_path: Path) -> None:
    pytest.importorskip("mlflow", reason="needs the extra mlflow")
    from mlflow.tracking import MlflowClient

    stage = tmp_path / "demo" / "train"
    train_twice(stage, "mlflow")
    client = MlflowClient(tracking_uri=f"sqlite:///{tmp_path / 'demo/trackers/mlflow.db'}")
    experiment = client.get_experiment_by_name("mine")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.run_name, run.info.status, run.data.params["data"]) == ("demo/train", "FINISHED", "data")
    history = client.get_metric_history(run.info.run_id, "train/loss")
    assert sorted((point.step, point.value) for point in history) == EXPECTED
    assert [p.step for p in client.get_metric_history(run.info.run_id, "valid/nll_en-de")] == [50, 100]


def test_wandb_keeps_one_run_offline_with_every_point_once(tmp_path: Path) -> None:
    pytest.importorskip("wandb", reason="needs the extra wandb")
    stage = tmp_path / "demo" / "train"
    train_twice(stage, "wandb")
    files = sorted((tmp_path / "demo/trackers/wandb").glob("offline-run-*/*.wandb"))
    assert len(files) == 2 and len({path.name for path in files}) == 1  # one id: `wandb sync` makes one run of them
    rows: list[dict[str, Any]] = [row for path in files for row in history(path)]
    assert [(row["_step"], row["train/loss"]) for row in rows if "train/loss" in row] == EXPECTED
    assert [row["_step"] for row in rows if "valid/nll_de-en" in row] == [50, 100]


def history(path: Path) -> list[dict[str, Any]]:
    """The rows of an offline run's file."""
    import json

    from wandb.proto.wandb_internal_pb2 import Record
    from wandb.sdk.internal.datastore import DataStore

    store = DataStore()
    store.open_for_scan(str(path))
    rows = []
    while data := store.scan_data():
        record = Record()
        record.ParseFromString(data)
        if record.WhichOneof("record_type") == "history":
            items = record.history.item
            rows.append({item.key or item.nested_key[0]: json.loads(item.value_json) for item in items})
    return rows
