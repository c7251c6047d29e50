"""The `train` and `finetune` stages: start fairseq-train, and record what it really consumed."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from vega.atomic import write_text
from vega.errors import UserError
from vega.fairseq_command import train_command
from vega.launch import cpu_environment, describe, threads_per_process
from vega.progress import say
from vega.settings import TrainSettings


def run(settings: TrainSettings, output: Path, print_only: bool = False) -> None:
    """Train into `output`, going on from its last checkpoint where there is one; or only print the command line."""
    on_gpu = cuda_is_there()
    command = train_command(settings, output, on_gpu=on_gpu)
    added: dict[str, str] = {}
    if not on_gpu:
        threads = threads_per_process(settings.threads, settings.processes)
        added = cpu_environment(jemalloc=settings.jemalloc, threads=threads)
        say(f"training on CPU, {settings.processes} x {threads} threads; {describe(added)}")
    if print_only:
        assignments = [f"{name}={shlex.quote(value)}" for name, value in added.items()]
        sys.stdout.write(" ".join([*assignments, shlex.join(command)]) + "\n")
        return
    output.mkdir(parents=True, exist_ok=True)
    status = subprocess.run(command, env={**os.environ, **added}, check=False).returncode
    if status != 0:
        raise UserError(
            f"fairseq-train ended with status {status}. What it said is above and in {output / 'train.log'}."
        )
    write_text(output / "mixture.json", json.dumps(mixture(output / "checkpoints"), indent=1) + "\n")


def cuda_is_there() -> bool:
    """Asks the driver, without loading torch for it."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return Path("/proc/driver/nvidia/version").exists() and visible not in ("", "-1")


def mixture(checkpoints: Path) -> dict[str, dict[str, Any]]:
    """Planned shares and consumed target tokens per direction and source, as the last checkpoint has them."""
    import torch

    with torch.serialization.safe_globals([argparse.Namespace]):
        state = torch.load(checkpoints / "checkpoint_last.pt", map_location="cpu", weights_only=True, mmap=True)
    record = state["extra_state"]["train_iterator"]
    return {"plan": record["planned_share"], "consumed": record["consumed_target_tokens"]}
