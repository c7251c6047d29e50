"""What a machine can compute and hold: GPUs by name, and rates that training really reaches. Light to import."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch


class Card(NamedTuple):
    """A GPU: the maker's dense tensor-core TFLOP/s in bf16 (fp16 before Ampere), GiB of memory as nvidia-smi tells."""

    tflops: float
    gib: float


#: By the words of a GPU's name; of several rows that match, the one with most words.
CARDS = {
    "B200": Card(2250.0, 179.0),
    "H200": Card(989.4, 140.4),
    "H200 NVL": Card(835.5, 140.4),
    "GH200": Card(989.4, 95.6),
    "H100": Card(989.4, 79.6),  # SXM, 80 GB
    "H100 NVL": Card(835.5, 93.6),
    "H100 PCIe": Card(756.5, 79.6),
    "A100": Card(312.0, 40.0),
    "A100 80GB": Card(312.0, 80.0),
    "L40S": Card(362.0, 45.0),
    "L40": Card(181.0, 45.0),
    "L4": Card(121.0, 22.5),
    "A40": Card(149.7, 45.0),
    "A30": Card(165.0, 24.0),
    "A10": Card(125.0, 22.5),
    "A10G": Card(70.0, 22.5),
    "V100": Card(125.0, 16.0),
    "V100 32GB": Card(125.0, 32.0),
    "T4": Card(65.0, 15.0),
}
#: Share of the dense figure that training reaches, for estimates of time.
ACHIEVABLE_SHARE = 0.4
#: TFLOP/s for estimates on a GPU that is not in the table.
UNKNOWN_GPU = 50.0
#: GiB of a GPU that training cannot have: CUDA's context, libraries' workspaces, NCCL's buffers.
RESERVED_GIB = 1.5
#: TFLOP/s of one CPU core in fp32 training (measured: 0.02 to 0.04 with small models).
CPU_CORE = 0.03
ASSUMED = "H100"
#: Seconds that measuring a CPU's peak may take.
_MEASURE_SECONDS = 0.2


class Device(NamedTuple):
    """One training process's device. `source` says where the rate is from; `memory` in bytes, None for a CPU."""

    name: str
    tflops: float
    source: str
    memory: int | None


def find_card(name: str) -> Card | None:
    """The row of `CARDS` for a GPU's full name, as `NVIDIA A100-SXM4-80GB`."""
    words = set(re.split(r"[\s-]+", name))
    rows = [row for row in CARDS if words.issuperset(row.split())]
    return CARDS[max(rows, key=lambda row: len(row.split()))] if rows else None


def usable_bytes(gib: float) -> int:
    """What training can have of a GPU with `gib` GiB."""
    return round((gib - RESERVED_GIB) * 2**30)


def peak_flops(device: torch.device) -> float | None:
    """Most operations per second, the measure of MFU: the maker's dense figure for a GPU, None for an unknown one.

    A CPU's is measured in this process, with its threads, by a product of fp32 matrices.
    """
    if device.type == "cpu":
        return _measured_cpu_peak()
    if device.type != "cuda":
        return None
    import torch

    card = find_card(torch.cuda.get_device_name(device))
    return card.tflops * 1e12 if card else None


@functools.cache
def _measured_cpu_peak() -> float:
    """The best of several products, larger ones while they take no longer than `_MEASURE_SECONDS`; no random numbers
    are drawn, training's stay as they are."""
    import torch

    with torch.no_grad():
        side, best = 512, 0.0
        matrix = torch.full((side, side), 0.5)
        matrix @ matrix  # starts the threads
        deadline = time.perf_counter() + _MEASURE_SECONDS
        while (begin := time.perf_counter()) < deadline:
            matrix @ matrix
            spent = time.perf_counter() - begin
            best = max(best, 2.0 * side**3 / spent)
            if begin + 10 * spent < deadline:
                side *= 2
                matrix = torch.full((side, side), 0.5)
    return best


def training_device(precision: str, processes: int, tflops: float | None = None) -> Device:
    """The device a plan counts with: this machine's GPU; else for 16-bit training an assumed one; else this CPU.

    `tflops` replaces the rate.
    """
    name = gpu_name()
    cores = os.cpu_count() or 1
    if name:
        device = _present_gpu(name)
    elif precision != "fp32":
        card = CARDS[ASSUMED]
        source = "assumed, no GPU here; table in vega/hardware.py"
        device = Device(ASSUMED, round(ACHIEVABLE_SHARE * card.tflops), source, usable_bytes(card.gib))
    else:
        share = CPU_CORE * cores / processes
        source = f"{CPU_CORE} TFLOP/s per core, shared by {processes} processes"
        device = Device(f"CPU, {cores} cores", share, source, None)
    return device if tflops is None else device._replace(tflops=tflops, source="--tflops")


def _present_gpu(name: str) -> Device:
    card = find_card(name)
    rate = round(ACHIEVABLE_SHARE * card.tflops) if card else UNKNOWN_GPU
    mib = _ask_gpu("memory.total")
    gib = float(mib.split()[0]) / 1024 if mib else (card.gib if card else None)
    return Device(name, rate, "table in vega/hardware.py", usable_bytes(gib) if gib else None)


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
