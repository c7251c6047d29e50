"""`vega_label_smoothed_cross_entropy` reports what fairseq's criterion does."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from fairseq.criterions.label_smoothed_cross_entropy import LabelSmoothedCrossEntropyCriterion
from fairseq.distributed import ModuleProxyWrapper
from torch.distributed import HashStore
from torch.nn.parallel import DistributedDataParallel

from fairseq_plugins.criterions.label_smoothed_cross_entropy import FusedLabelSmoothedCrossEntropy
from fairseq_plugins.models.transformer import VegaTransformer
from tests.fairseq_plugins.models.batches import SYMBOLS, batch, pair
from tests.vega.test_model_sizes import TaskWith


def criterion(kind: type, **options: Any) -> Any:
    return kind(TaskWith(SYMBOLS), **{"sentence_avg": False, "label_smoothing": 0.1, **options})


@pytest.mark.parametrize("sentence_avg", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_it_logs_what_fairseqs_does(sentence_avg: bool, smoothing: float) -> None:
    ours, stock = pair()
    sample = batch([3, 5, 2], [4, 2, 6])
    options = {"sentence_avg": sentence_avg, "label_smoothing": smoothing}
    loss, size, logged = criterion(FusedLabelSmoothedCrossEntropy, **options)(ours, sample)
    their_loss, their_size, their_log = criterion(LabelSmoothedCrossEntropyCriterion, **options)(stock, sample)
    assert size == their_size and logged.keys() == their_log.keys()
    for name, value in their_log.items():
        assert float(logged[name]) == pytest.approx(float(value), rel=1e-5)
    assert float(loss) == pytest.approx(float(their_loss), rel=1e-5)


@pytest.mark.parametrize("option", [{"ignore_prefix_size": 1}, {"report_accuracy": True}])
def test_options_that_need_all_logits_are_refused(option: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="use --criterion label_smoothed_cross_entropy"):
        criterion(FusedLabelSmoothedCrossEntropy, **option)


def test_models_inside_data_parallel_wrappers_run_packed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.distributed.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    ours, _ = pair()
    packed: list[bool] = []
    forward = VegaTransformer.forward

    def noting(self: Any, *args: Any, **options: Any) -> Any:
        packed.append(options.get("packed_output", False))
        return forward(self, *args, **options)

    monkeypatch.setattr(VegaTransformer, "forward", noting)
    sample = batch([3, 5, 2], [4, 2, 6])
    expected, _, _ = criterion(FusedLabelSmoothedCrossEntropy)(ours, sample)
    wrapped = ModuleProxyWrapper(DistributedDataParallel(ours))
    loss, _, _ = criterion(FusedLabelSmoothedCrossEntropy)(wrapped, sample)
    loss.backward()
    assert packed == [True, True] and torch.equal(loss, expected)
