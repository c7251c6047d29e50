"""GPUs by their names, and the CPU's own measure."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import torch

from vega import hardware
from vega.hardware import ACHIEVABLE_SHARE, CARDS, find_card, peak_flops, training_device, usable_bytes


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA H100 PCIe", "H100 PCIe"),
        ("NVIDIA H200", "H200"),
        ("NVIDIA GH200 480GB", "GH200"),
        ("NVIDIA B200", "B200"),
        ("NVIDIA A100-SXM4-40GB", "A100"),
        ("NVIDIA A100-SXM4-80GB", "A100 80GB"),
        ("NVIDIA A10", "A10"),
        ("NVIDIA A10G", "A10G"),
        ("NVIDIA L4", "L4"),
        ("NVIDIA L40S", "L40S"),
        ("Tesla V100-SXM2-32GB", "V100 32GB"),
        ("Tesla T4", "T4"),
    ],
)
def test_names_as_nvidia_gives_them(name: str, row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is taken for another that it contains."""
    assert find_card(name) is CARDS[row]
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: name)
    assert peak_flops(torch.device("cuda", 0)) == CARDS[row].tflops * 1e12


def test_an_unknown_gpu_has_no_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA GeForce GTX 1080")
    assert peak_flops(torch.device("cuda", 0)) is None
    assert peak_flops(torch.device("meta")) is None


def test_a_cpu_is_measured_once_and_no_random_number_is_drawn() -> None:
    hardware._measured_cpu_peak.cache_clear()
    before = torch.get_rng_state()
    first = peak_flops(torch.device("cpu"))
    assert first is not None and 1e9 < first < 1e14
    begin = time.perf_counter()
    assert peak_flops(torch.device("cpu")) == first
    assert time.perf_counter() - begin < 0.01
    assert torch.equal(torch.get_rng_state(), before)


def test_a_present_gpu_is_asked_for_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"name": "NVIDIA H200", "memory.total": "143771 MiB", "compute_cap": "9.0"}
    monkeypatch.setattr(hardware, "_ask_gpu", answers.get)
    device = training_device("bf16", 1)
    assert device.tflops == pytest.approx(ACHIEVABLE_SHARE * 989.4, rel=0.01)
    assert device.memory == usable_bytes(143771 / 1024) < 143771 * 2**20
    answers["name"] = "Something new"
    assert training_device("bf16", 1).memory == device.memory
    assert training_device("bf16", 1, tflops=7.0).tflops == 7.0


def test_without_a_gpu_16_bit_training_is_planned_for_an_assumed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "_ask_gpu", lambda field: None)
    assert training_device("bf16", 8).memory == usable_bytes(CARDS[hardware.ASSUMED].gib)
    assert training_device("fp32", 8).memory is None


def test_a_plan_needs_no_torch() -> None:
    code = "import sys, vega.plan, vega.plan_text; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
