"""Our options are in fairseq's parser and configuration, for training only."""

from __future__ import annotations

from pathlib import Path

import pytest
from fairseq import options
from fairseq.dataclass.configs import FairseqConfig
from fairseq.dataclass.utils import convert_namespace_to_omegaconf

from fairseq_plugins.training.options import VegaConfig, add_training_options
from tests.fairseq_plugins.running import train_arguments


def configuration(data: Path, *more: str) -> object:
    parsed = options.parse_args_and_arch(options.get_training_parser(), train_arguments(data, Path("x"), 1, *more))
    return convert_namespace_to_omegaconf(parsed)


def test_they_reach_the_configuration(data: Path) -> None:
    cfg = configuration(data, "--ddp-backend", "vega_fsdp", "--shard-size", "4", "--spike-factor", "2.5")
    assert cfg.distributed_training.ddp_backend == "vega_fsdp"
    assert (cfg.vega.shard_size, cfg.vega.spike_factor, cfg.vega.activation_checkpointing) == (4, 2.5, "none")
    assert configuration(data).distributed_training.ddp_backend == "pytorch_ddp"


def test_fairseq_keeps_its_own_choices_and_refuses_others(data: Path) -> None:
    for backend in ("legacy_ddp", "fully_sharded"):
        assert configuration(data, "--ddp-backend", backend).distributed_training.ddp_backend == backend
    with pytest.raises(SystemExit):
        configuration(data, "--ddp-backend", "vega_fsdpp")


def test_adding_them_twice_changes_nothing(data: Path) -> None:
    add_training_options()
    assert list(FairseqConfig.__dataclass_fields__).count("vega") == 1
    assert set(configuration(data).vega) == {"_name", *VegaConfig.__dataclass_fields__} | {"_name"}


def test_generation_has_none_of_them() -> None:
    assert "--shard-size" not in options.get_generation_parser()._option_string_actions
