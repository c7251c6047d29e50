"""`vega_transformer` is fairseq's `transformer` to checkpoints and to generation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from fairseq import checkpoint_utils, models, options
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from fairseq.models import ARCH_MODEL_REGISTRY
from fairseq.models.transformer import TransformerModel
from fairseq.sequence_generator import SequenceGenerator
from omegaconf import OmegaConf

from fairseq_plugins.models.transformer import VegaTransformer
from tests.fairseq_plugins.models.batches import SYMBOLS, batch, pair
from tests.fairseq_plugins.running import PLUGINS, small_model
from tests.vega.test_model_sizes import TaskWith
from vega.model_sizes import SIZES


class BuildingTask(TaskWith):
    """Builds models as fairseq's tasks do."""

    def build_model(self, cfg: Any, from_checkpoint: bool = False) -> Any:
        return models.build_model(cfg, self, from_checkpoint)


def test_all_sizes_are_of_this_model() -> None:
    assert {ARCH_MODEL_REGISTRY[name] for name in SIZES} == {VegaTransformer}


def test_weights_load_both_ways() -> None:
    ours, stock = pair()
    assert list(ours.state_dict()) == list(stock.state_dict())
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in stock.named_parameters()]
    ours.load_state_dict(stock.state_dict(), strict=True)
    stock.load_state_dict(ours.state_dict(), strict=True)


@pytest.mark.parametrize("beam", [1, 4])
def test_translations_are_fairseqs(beam: int) -> None:
    ours, stock = pair()
    inputs = batch([3, 6, 2, 1], [1, 1, 1, 1], left=True)
    dictionary = TaskWith(SYMBOLS).target_dictionary
    found = []
    for model in (ours, stock):
        generator = SequenceGenerator([model.eval()], dictionary, beam_size=beam, max_len_b=12)
        hypotheses = generator.generate([model], inputs)
        found.append([[(h["tokens"].tolist(), round(float(h["score"]), 5)) for h in best] for best in hypotheses])
    assert found[0] == found[1]


def test_old_checkpoints_load(tmp_path: Path) -> None:
    """Checkpoints written when `vega_tiny` was an architecture of fairseq's own `transformer`."""
    told = [str(tmp_path), "--user-dir", PLUGINS, "--arch", "vega_tiny", *small_model(), "--dropout", "0"]
    cfg = convert_namespace_to_omegaconf(options.parse_args_and_arch(options.get_training_parser(), told))
    stock = TransformerModel.build_model(cfg.model, TaskWith(SYMBOLS)).eval()
    path = tmp_path / "checkpoint.pt"
    stored = OmegaConf.to_container(cfg, resolve=True, enum_to_str=True)  # as fairseq's trainer does
    history = [{"optimizer_name": "FairseqAdam", "lr_scheduler_state": {}, "num_updates": 0}]
    extra = {"train_iterator": {"epoch": 1}}
    state = {"cfg": stored, "model": stock.state_dict(), "optimizer_history": history, "extra_state": extra}
    torch.save(state, path)
    (loaded,), _ = checkpoint_utils.load_model_ensemble([str(path)], task=BuildingTask(SYMBOLS), strict=True)
    assert type(loaded) is VegaTransformer and loaded.can_pack
    sample = batch([3, 5], [4, 2])["net_input"]
    expected, _ = stock(**sample)
    torch.testing.assert_close(loaded.eval()(**sample)[0], expected)
