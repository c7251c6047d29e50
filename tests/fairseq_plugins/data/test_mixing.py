import logging
from dataclasses import replace
from pathlib import Path

import pytest

from fairseq_plugins.data.bitext import Bitext, MultidirectionalDataset
from fairseq_plugins.data.folder import DataFolder
from fairseq_plugins.data.mixing import read_weights, sampling_weights, shares, tokens_per_sentence
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
            for name, source, target, _ in folder.bitexts("train", parse_direction(d))
        ],
        pad=1,
    )


def test_weights_name_directions_or_single_sources(dataset: MultidirectionalDataset) -> None:
    weights = sampling_weights(dataset, {"en-de": 3, "de-en/talks": 1}, 1.0)
    assert weights["en-de/news"] == pytest.approx(0.75 * 300 / 360)
    assert weights["de-en/talks"] == pytest.approx(0.25)
    assert weights["de-en/news"] == weights["ja-en/news"] == 0
    assert sum(weights.values()) == pytest.approx(1.0)


def test_without_weights_the_temperature_decides(dataset: MultidirectionalDataset) -> None:
    weights = sampling_weights(dataset, {}, 1.0)
    assert weights["en-de/news"] / weights["en-de/talks"] == pytest.approx(5.0)
    flat = sampling_weights(dataset, {}, 1e9)
    assert flat["en-de/news"] == pytest.approx(flat["en-de/talks"])


@pytest.fixture
def tagged(with_synthetic: Path) -> MultidirectionalDataset:
    """news 300, talks 60, cycle (ct) 60 in both directions, round1 (bt) 60 in en-de."""
    folder = DataFolder(with_synthetic)
    return MultidirectionalDataset(
        [
            Bitext(
                parse_direction(d), sides.name, sides.source, sides.target, 4, 5, sides.tag, 6 if sides.tag else None
            )
            for d in ("en-de", "de-en")
            for sides in folder.bitexts("train", parse_direction(d))
        ],
        pad=1,
    )


def test_weights_name_sets_and_tags_and_the_most_exact_holds(tagged: MultidirectionalDataset) -> None:
    weights = sampling_weights(tagged, {"talks": 0, "genuine": 6, "en-de/ct": 1, "bt": 1, "cycle": 2}, 1.0)
    given = {
        "en-de/news": 6 * 300 / 720, "de-en/news": 6 * 300 / 720, "en-de/talks": 0, "de-en/talks": 0,
        "en-de/round1": 1, "en-de/cycle": 1, "de-en/cycle": 2 * 60 / 120,
    }  # fmt: skip
    assert weights == pytest.approx({name: weight / sum(given.values()) for name, weight in given.items()})


@pytest.mark.parametrize("given", [{}, {"en-de": 3, "de-en": 1}])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_tagged_sets_give_their_share_of_every_direction(
    tagged: MultidirectionalDataset, given: dict[str, float], share: float
) -> None:
    before, after = (sampling_weights(tagged, given, 5.0, wanted) for wanted in (None, share))
    for direction in ("en-de", "de-en"):
        mine = [b for b in tagged.bitexts if str(b.direction) == direction]
        whole = sum(before[b.stream] for b in mine)
        assert sum(after[b.stream] for b in mine) == pytest.approx(whole)
        assert sum(after[b.stream] for b in mine if b.tag) == pytest.approx(share * whole)
        for kind in (True, False):  # inside of a kind nothing moves
            ratios = [after[b.stream] / before[b.stream] for b in mine if bool(b.tag) is kind]
            assert ratios == pytest.approx(ratios[:1] * len(ratios))


def test_a_direction_with_genuine_text_only_keeps_it_and_says_so(
    dataset: MultidirectionalDataset, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "fairseq_plugins.data.mixing"):
        assert sampling_weights(dataset, {}, 5.0, 0.5) == pytest.approx(sampling_weights(dataset, {}, 5.0))
    assert "plan: ja-en has genuine text only: a synthetic share of 0.5 cannot be kept" in caplog.messages


def test_a_set_that_is_called_like_another_sets_tag_is_refused(dataset: MultidirectionalDataset) -> None:
    bitexts = [replace(dataset.bitexts[0], name="bt"), replace(dataset.bitexts[1], tag="bt")]
    with pytest.raises(UserError, match="'bt' is a tag and the name of a set"):
        sampling_weights(MultidirectionalDataset(bitexts, pad=1), {"bt": 1}, 1.0)
    same = MultidirectionalDataset([replace(dataset.bitexts[0], name="bt", tag="bt")], pad=1)
    assert sampling_weights(same, {"bt": 1}, 1.0) == {"en-de/bt": 1}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('{"en-cs": 1}', "no text for 'en-cs'"),
        ('{"en-de": 0}', "above 0"),
        ('{"en-de": -1}', "0 or more"),
        ("en-de=1", "not JSON"),
        ('{"ft": 1}', "no text for 'ft'. There is: de-en, en-de, genuine, ja-en, news, talks"),
    ],
)
def test_wrong_weights_are_one_sentence(dataset: MultidirectionalDataset, given: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        sampling_weights(dataset, read_weights(given), 1.0)


def test_planned_shares_count_target_tokens(dataset: MultidirectionalDataset) -> None:
    planned = shares(tokens_per_sentence(dataset, sampling_weights(dataset, {}, 1.0)))
    tokens = {b.stream: b.target.num_tokens for b in dataset.bitexts}
    for name, share in planned.items():  # temperature 1: as the text itself
        assert share == pytest.approx(tokens[name] / sum(tokens.values()))
