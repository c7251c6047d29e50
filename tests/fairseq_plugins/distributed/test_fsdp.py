"""Sharding in one process: what is sharded, what is refused; and validation that decodes, with two."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.distributed.tensor import DTensor

from fairseq_plugins.distributed import fsdp
from tests.fairseq_plugins.processes import train
from tests.fairseq_plugins.running import run_train, small_model, train_arguments
from vega.errors import UserError

FSDP = ("--ddp-backend", "vega_fsdp")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--fp16",), "vega_fsdp computes in fp32 or"),
        (("--encoder-layerdrop", "0.1"), "Leave out --\\*-layerdrop"),
        (("--store-ema",), "copies the whole model"),
        (("--shard-size", "2"), "does not divide 1 processes"),
    ],
)
def test_what_sharding_cannot_do_is_one_sentence(
    data: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        run_train(train_arguments(data, tmp_path / "save", 1, *FSDP, *options), tmp_path / "log")


def test_every_parameter_is_sharded_and_layers_are_groups_of_their_own(data: Path) -> None:
    from fairseq import options, tasks
    from fairseq.dataclass.utils import convert_namespace_to_omegaconf

    arguments = train_arguments(data, Path("none"), 1, "--encoder-layers", "2", "--decoder-layers", "3")
    cfg = convert_namespace_to_omegaconf(options.parse_args_and_arch(options.get_training_parser(), arguments))
    model = tasks.setup_task(cfg.task).build_model(cfg.model)
    mesh = fsdp.data_parallel_mesh(torch.device("cpu"), None, 0)
    fsdp.shard_model(
        model, mesh, compute_dtype=torch.float32, reduce_dtype=torch.float32, reshard_after_forward=True,
        cpu_offload=False, prefetch_layers=1,
    )  # fmt: skip
    assert all(isinstance(parameter, DTensor) for parameter in model.parameters())
    assert len(list(fsdp.sharded_modules(model))) == 6  # five layers and the root
    assert model.encoder.embed_tokens.weight is model.decoder.output_projection.weight
    fsdp.gather_parameters(model)
    assert not any(isinstance(parameter, DTensor) for parameter in model.parameters())
    fsdp.release_parameters(model, reshard_after_forward=True)
    assert all(isinstance(parameter, DTensor) for parameter in model.parameters())


def test_layers_are_found_wherever_they_are() -> None:
    class Stack(nn.Module):
        def __init__(self, count: int) -> None:
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(count))

    model = nn.ModuleDict({"encoder": Stack(2), "decoder": Stack(3)})
    assert len(fsdp.transformer_layers(model)) == 5


@pytest.mark.e2e
@pytest.mark.timeout(120)
def test_validation_that_decodes_does_not_deadlock(data: Path, tmp_path: Path) -> None:
    """Stock translation task with BLEU: the two processes decode different numbers of steps."""
    stock = tmp_path / "stock"
    stock.mkdir()
    for code in ("en", "de"):
        (stock / f"dict.{code}.txt").symlink_to(data / "dict.txt")
        for split, name in (("train", "news"), ("valid", "dev")):
            for end in ("bin", "idx"):
                found = next(data.glob(f"{split}.{name}.*.{code}.{end}"))
                (stock / f"{split}.en-de.{code}.{end}").symlink_to(found)
    arguments = [
        str(stock), "--user-dir", "replaced", "--task", "translation", "-s", "en", "-t", "de", "--arch", "vega_tiny",
        *small_model(), "--criterion", "label_smoothed_cross_entropy", "--optimizer", "adam", "--lr", "0.001",
        "--batch-size", "3", "--max-update", "2", "--save-dir", str(tmp_path / "save"), "--no-save", "--cpu",
        "--eval-bleu", "--eval-bleu-args", '{"beam": 2, "max_len_a": 3, "max_len_b": 0}', "--num-workers", "0",
        "--seed", "3", *FSDP,
    ]  # fmt: skip
    assert len(train(2, arguments, tmp_path / "record")[0]) == 2
