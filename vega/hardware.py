"""What this machine can compute, for estimates: a GPU's name and a rate that training really reaches on it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import NamedTuple

#: Achievable TFLOP/s of one device in 16-bit training: 40 % of the maker's dense figure.
ACHIEVABLE = {"H200": 400.0, "H100": 400.0, "A100": 125.0, "L40": 70.0, "A10": 50.0, "V100": 45.0, "T4": 20.0}
#: TFLOP/s of one CPU core in fp32 training (measured: 0.02 to 0.04 with small models).
CPU_CORE = 0.03
ASSUMED = "H100"


class Device(NamedTuple):
    """One training process's device. `source` says where the rate is from."""

    name: str
    tflops: float
    source: str


def training_device(precision: str, processes: int, tflops: float | None = None) -> Device:
    """The device a plan counts with: this machine's GPU; else for 16-bit training an assumed one; else this CPU.

    `tflops` replaces the rate.
    """
    name = gpu_name()
    cores = os.cpu_count() or 1
    if name:
        known = next((rate for model, rate in ACHIEVABLE.items() if model in name), 50.0)
        device = Device(name, known, "table in vega/hardware.py")
    elif precision != "fp32":
        device = Device(ASSUMED, ACHIEVABLE[ASSUMED], "assumed, no GPU here; table in vega/hardware.py")
    else:
        share = CPU_CORE * cores / processes
        device = Device(f"CPU, {cores} cores", share, f"{CPU_CORE} TFLOP/s per core, shared by {processes} processes")
    return device if tflops is None else Device(device.name, tflops, "--tflops")


def training_precision(setting: str) -> str:
    """`auto` resolved for this machine: bf16 where the GPU computes in it (compute capability 8), else fp32."""
    if setting != "auto":
        return setting
    capability = _ask_gpu("compute_cap")
    return "bf16" if capability and float(capability) >= 8.0 else "fp32"


def gpu_name() -> str | None:
    """The first GPU's name from nvidia-smi, None without one."""
    return _ask_gpu("name")


def _ask_gpu(field: str) -> str | None:
    if shutil.which("nvidia-smi") is None:
        return None
    query = ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.splitlines()[0].strip() if answer.stdout.strip() else None
