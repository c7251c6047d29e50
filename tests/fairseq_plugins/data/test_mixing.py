from pathlib import Path

import pytest

from fairseq_plugins.data.bitext import Bitext, MultidirectionalDataset
from fairseq_plugins.data.folder import DataFolder
from fairseq_plugins.data.mixing import planned_token_shares, sampling_weights
from vega.directions import parse_direction
from vega.errors import UserError


@pytest.fixture
def dataset(data: Path) -> MultidirectionalDataset:
    folder = DataFolder(data)
    names = ("en-de", "de-en", "ja-en")
    return MultidirectionalDataset(
        [
            Bitext(parse_direction(d), name, source, target, 4, 5)
            for d in names
            for name, source, target in folder.bitexts("train", parse_direction(d))
        ],
        pad=1,
    )


def test_weights_name_directions_or_single_sources(dataset: MultidirectionalDataset) -> None:
    weights = sampling_weights(dataset, '{"en-de": 3, "de-en/talks": 1}', 1.0)
    assert weights["en-de/news"] == pytest.approx(0.75 * 300 / 360)
    assert weights["de-en/talks"] == pytest.approx(0.25)
    assert weights["de-en/news"] == weights["ja-en/news"] == 0
    assert sum(weights.values()) == pytest.approx(1.0)


def test_without_weights_the_temperature_decides(dataset: MultidirectionalDataset) -> None:
    weights = sampling_weights(dataset, "", 1.0)
    assert weights["en-de/news"] / weights["en-de/talks"] == pytest.approx(5.0)
    flat = sampling_weights(dataset, "", 1e9)
    assert flat["en-de/news"] == pytest.approx(flat["en-de/talks"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('{"en-cs": 1}', "no text for 'en-cs'"),
        ('{"en-de": 0}', "above 0"),
        ('{"en-de": -1}', "0 or more"),
        ("en-de=1", "not JSON"),
    ],
)
def test_wrong_weights_are_one_sentence(dataset: MultidirectionalDataset, given: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        sampling_weights(dataset, given, 1.0)


def test_planned_shares_count_target_tokens(dataset: MultidirectionalDataset) -> None:
    shares = planned_token_shares(dataset, sampling_weights(dataset, "", 1.0))
    tokens = {b.stream: b.target.num_tokens for b in dataset.bitexts}
    for name, share in shares.items():  # temperature 1: as the text itself
        assert share == pytest.approx(tokens[name] / sum(tokens.values()))
