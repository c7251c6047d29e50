from argparse import Namespace

import pytest
import torch
from fairseq.data import Dictionary
from fairseq.models import ARCH_CONFIG_REGISTRY, ARCH_MODEL_REGISTRY

import fairseq_plugins  # noqa: F401
from vega.model_sizes import SIZES


class TaskWith:
    """As much of a task as building a model needs."""

    def __init__(self, symbols: int) -> None:
        self.source_dictionary = self.target_dictionary = Dictionary()
        for i in range(symbols - len(self.source_dictionary)):
            self.source_dictionary.add_symbol(f"s{i}")


@pytest.mark.parametrize(("arch", "symbols"), [("vega_tiny", 4007), ("vega_base", 1000), ("vega_big", 1000)])
def test_the_arithmetic_counts_the_parameters_of_the_built_model(arch: str, symbols: int) -> None:
    assert built_parameters(arch, symbols) == SIZES[arch].num_parameters(symbols)


def test_vega_xl_has_the_papers_nearly_4_7_billion_parameters() -> None:
    count = built_parameters("vega_xl", 128_009)
    assert count == SIZES["vega_xl"].num_parameters(128_009)
    assert round(count / 1e9, 3) == 4.693


def built_parameters(arch: str, symbols: int) -> int:
    args = Namespace(no_token_positional_embeddings=False)
    ARCH_CONFIG_REGISTRY[arch](args)
    with torch.device("meta"):
        model = ARCH_MODEL_REGISTRY[arch].build_model(args, TaskWith(symbols))
    return sum(p.numel() for p in model.parameters())
