"""`vega_transformer` is fairseq's `transformer` to checkpoints and to generation."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest
import torch
from fairseq import checkpoint_utils
from fairseq.dataclass.configs import FairseqConfig
from fairseq.models import ARCH_MODEL_REGISTRY
from fairseq.models.transformer import TransformerModel
from fairseq.sequence_generator import SequenceGenerator
from omegaconf import OmegaConf, open_dict

from fairseq_plugins.models.transformer import VegaTransformer
from tests.fairseq_plugins.models.batches import SYMBOLS, arguments, batch, pair
from tests.vega.test_model_sizes import TaskWith
from vega.model_sizes import SIZES


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
    _, stock = pair()
    options = arguments()
    options.arch = options._name = "vega_tiny"
    cfg = OmegaConf.structured(FairseqConfig)
    with open_dict(cfg):
        cfg.model = Namespace(**vars(options))
    path = tmp_path / "checkpoint.pt"
    torch.save({"cfg": cfg, "args": None, "model": TransformerModel.state_dict(stock), "extra_state": {}}, path)
    (loaded,), _ = checkpoint_utils.load_model_ensemble([str(path)], task=TaskWith(SYMBOLS), strict=True)
    assert type(loaded) is VegaTransformer and loaded.can_pack
    sample = batch([3, 5], [4, 2])["net_input"]
    expected, _ = stock.eval()(**sample)
    torch.testing.assert_close(loaded.eval()(**sample)[0], expected)
