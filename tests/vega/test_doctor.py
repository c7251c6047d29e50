from __future__ import annotations

import importlib.machinery
import importlib.metadata
import importlib.util
from pathlib import Path
from typing import Any

import pytest

from tests.vega.neural.tiny_comet import make_comet
from vega import doctor, requirements_check
from vega.errors import UserError
from vega.requirements_check import number, require_fairseq, require_python


@pytest.mark.parametrize("version", [(3, 10), (3, 13), (2, 7), (4, 0)])
def test_other_pythons_are_refused_with_the_fix(version: tuple[int, int]) -> None:
    with pytest.raises(UserError, match=r"Python 3.11 or 3.12, this is .*venv"):
        require_python(version)


def test_this_python_and_fairseq_are_accepted() -> None:
    require_python((3, 11))
    require_python((3, 12))
    require_fairseq()


def fake_fairseq(monkeypatch: pytest.MonkeyPatch, versions: dict[str, str]) -> None:
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: {"fairseq": list(versions)})
    monkeypatch.setattr(importlib.metadata, "version", versions.__getitem__)


@pytest.mark.parametrize("version", ["0.12.2", "0.9", "0.10.2"])
def test_an_old_fairseq_is_refused_with_the_fix(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    fake_fairseq(monkeypatch, {"fairseq": version})
    with pytest.raises(UserError, match=f"fairseq {version} is too old: pip install"):
        require_fairseq()


@pytest.mark.parametrize(
    "versions", [{"ve-fairseq": "0.12.3"}, {"fairseq": "0.12.2", "other": "0.12.3+cu"}, {"x": "1.0"}]
)
def test_any_new_enough_build_of_fairseq_is_accepted(monkeypatch: pytest.MonkeyPatch, versions: dict[str, str]) -> None:
    fake_fairseq(monkeypatch, versions)
    require_fairseq()


def test_a_missing_fairseq_is_refused_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements_check.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="not installed: pip install"):
        require_fairseq()


def test_versions_are_compared_as_numbers() -> None:
    assert number("0.12.10") > number("0.12.9")
    assert number("2.13.0+cpu") == (2, 13, 0)


def test_the_doctor_finds_this_machine_fit(tmp_path: Path) -> None:
    findings = doctor.examine(tmp_path)
    assert {"Python", "torch", "fairseq", "CUDA", "disk", "Ray", "jemalloc", "SLURM"} <= {f.name for f in findings}
    assert [f for f in findings if f.status == "fail"] == []
    assert all(f.fix for f in findings if f.status != "ok")


def test_a_missing_package_fails_with_its_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "ray":
            raise importlib.metadata.PackageNotFoundError(name)
        return {"numpy": "2.1.0", "torch": "1.13"}.get(name, "99")

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = {f.name: f for f in doctor._packages()}
    assert {name: found[name].status for name in ("ray", "numpy", "torch", "sacrebleu")} == {
        "ray": "fail", "numpy": "fail", "torch": "fail", "sacrebleu": "ok",
    }  # fmt: skip
    assert found["ray"].fix == "pip install 'ray>=2.40'"


def test_another_package_named_apex_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = importlib.machinery.ModuleSpec("apex", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    real = importlib.util.find_spec

    def find_spec(name: str, *rest: Any) -> Any:
        return spec if name == "apex" else real(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    assert [f.status for f in doctor._apex()] == ["warn"]
    (tmp_path / "normalization").mkdir()
    assert [f.status for f in doctor._apex()] == ["ok"]


def test_metric_models_are_listed_with_what_they_lack(tmp_path: Path) -> None:
    (found,) = doctor._neural_metrics(tmp_path / "none")
    assert (found.status, found.name) == ("warn", "metric models")
    (found,) = doctor._neural_metrics(tmp_path)
    assert (found.status, found.detail) == ("warn", f"none in {tmp_path}")
    (tmp_path / "metricx-24-hybrid-large-v2p6").mkdir()
    (tmp_path / "metricx-24-hybrid-large-v2p6" / "config.json").touch()
    (found,) = doctor._neural_metrics(tmp_path)
    assert (found.status, found.name) == ("warn", "metricx-24 model")
    assert "copy config.json and the weights" in found.fix


def test_whether_comet_can_be_imported_is_said_where_there_is_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_comet(tmp_path / "wmt22-comet-da")
    monkeypatch.setattr(doctor.sys, "executable", "/bin/false")
    model, package = doctor._neural_metrics(tmp_path)
    assert (model.name, model.status, model.detail) == ("comet model", "ok", str(tmp_path / "wmt22-comet-da"))
    assert (package.name, package.status) == ("COMET", "warn")
    monkeypatch.setattr(doctor.sys, "executable", "/bin/true")
    assert [found.status for found in doctor._neural_metrics(tmp_path)] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("there", "status", "says"),
    [
        ((), "ok", "only needed for `vega submit`"),
        (("sbatch",), "warn", "squeue, scancel, scontrol not found"),
        (("sbatch", "squeue", "scancel", "scontrol"), "ok", "/sbatch"),
    ],
)
def test_slurm_is_all_there_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], status: str, says: str
) -> None:
    for name in there:
        (tmp_path / name).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    (finding,) = doctor._slurm()
    assert (finding.status, says in finding.detail) == (status, True)
    assert bool(finding.fix) == (status != "ok")
