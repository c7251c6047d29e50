"""Phases and noise in the stream of batches: the same for any number of processes, and exactly continued."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairseq_plugins.data.batching import BatchLimits
from fairseq_plugins.data.bitext import Bitext, MultidirectionalDataset
from fairseq_plugins.data.block_iterator import BlockBatches, BlockBatchIterator, Mixture
from fairseq_plugins.data.folder import DataFolder
from fairseq_plugins.data.noise import NoisyText
from fairseq_plugins.training.out_of_memory import split
from tests.fairseq_plugins.data.contents import content, texts
from vega.curriculum import Curriculum, Phase, Place
from vega.directions import parse_direction
from vega.errors import UserError
from vega.sampling import Stream, drawn_rows
from vega.settings import TextNoise
from vega.vocabulary import Vocabulary

NOISE = TextNoise(lower=0.1, upper=0.1, title=0.1, typos=0.3, typo_rate=0.2, merge=0.2, tag=True)
TAG = 9
#: Some 3 blocks, some 2, and the rest.
PHASES = (
    Phase("clean", (1.0, 0.0, 1.0), sentences=120, of=(0,)),
    Phase("mixed", (1.0, 1.0, 2.0), batches=25),
    Phase("end", (0.0, 0.5, 1.0)),
)


@pytest.fixture(scope="module")
def vocabulary(data: Path) -> Vocabulary:
    return Vocabulary.load(data)


def read(data: Path, *directions: str) -> MultidirectionalDataset:
    folder = DataFolder(data)
    bitexts = [
        Bitext(parse_direction(d), sides.name, sides.source, sides.target, 4, 5)
        for d in directions
        for sides in folder.bitexts("train", parse_direction(d))
    ]
    return MultidirectionalDataset(bitexts, pad=1)


def make(
    data: Path,
    vocabulary: Vocabulary,
    world: int = 1,
    rank: int = 0,
    noise: tuple[TextNoise | None, ...] = (NOISE, None, NOISE),
    phases: tuple[Phase, ...] = PHASES,
    **more: Any,
) -> BlockBatchIterator:
    bitexts = read(data, "en-de", "ja-en", "de-en").bitexts
    dataset = MultidirectionalDataset([bitexts[0], bitexts[3], bitexts[4]], pad=1)  # 300, 60, 300 sentences
    if any(noise):
        dataset.noise = NoisyText(dataset, noise, vocabulary, 5, TAG)
    streams = [Stream(b.stream, len(b.source), 0.0) for b in dataset.bitexts]
    curriculum = Curriculum(streams, phases, 100, seed=5)
    batches = BlockBatches(dataset, curriculum, BatchLimits(300, None), (100, 100))
    plans = [{stream.name: weight for stream, weight in zip(streams, p.weights, strict=True)} for p in phases]
    return BlockBatchIterator(batches, 24, Mixture(plans), world, rank, **more)


@pytest.fixture(scope="module")
def whole(data: Path, vocabulary: Vocabulary) -> list[Any]:
    return texts(make(data, vocabulary), 6)


@pytest.mark.parametrize("world", [2, 4])
def test_processes_together_read_what_one_process_reads(
    data: Path, vocabulary: Vocabulary, whole: list[Any], world: int
) -> None:
    shares = [texts(make(data, vocabulary, world, rank), 6) for rank in range(world)]
    assert [batch for batches in zip(*shares, strict=True) for batch in batches] == whole


def test_workers_that_read_ahead_change_nothing(data: Path, vocabulary: Vocabulary, whole: list[Any]) -> None:
    assert texts(make(data, vocabulary, num_workers=2), 3) == whole[:72]


@settings(deadline=None, max_examples=12)
@given(stop=st.integers(0, 100), before=st.sampled_from([1, 2, 4]), after=st.sampled_from([1, 2, 4]))
def test_resuming_in_any_phase_with_any_number_of_processes_continues_the_stream(
    data: Path, vocabulary: Vocabulary, whole: list[Any], stop: int, before: int, after: int
) -> None:
    stop -= stop % 4
    first = make(data, vocabulary, before)
    itr = first.next_epoch_itr()
    for _ in range(0, stop, before):
        itr = itr if itr.has_next() else first.next_epoch_itr()
        next(itr)
    state = first.state_dict()
    shares = []
    for rank in range(after):
        resumed = make(data, vocabulary, after, rank)
        resumed.load_state_dict(state)
        again = resumed.state_dict()
        for kept in ("block", "batch_in_block", "phases", "batches_in_phase", "planned_share"):
            assert again[kept] == state[kept]
        shares.append(texts(resumed, 2))
    rest = [batch for batches in zip(*shares, strict=True) for batch in batches]
    assert rest == whole[stop : stop + len(rest)] and len(rest) >= 24


def test_the_phase_of_a_batch_is_known_though_workers_read_ahead(data: Path, vocabulary: Vocabulary) -> None:
    iterator = make(data, vocabulary, num_workers=1)
    seen = []
    for _ in range(5):
        for _ in iterator.next_epoch_itr():
            seen.append(iterator.place_of_last.phase)
    assert seen == sorted(seen) and set(seen) == {0, 1, 2}
    place = iterator.state_dict()["phases"]
    assert list(place) == ["clean", "mixed", "end"] and place["clean"]["first_block"] == 0
    assert place["mixed"]["planned_share"] == {"en-de/news": 0.25, "ja-en/talks": 0.25, "de-en/news": 0.5}
    begun = [phase["first_block"] for phase in place.values()]
    assert seen.count(0) == sum(len(iterator.batches.block(Place(b))) for b in range(begun[1]))


def test_what_was_planned_so_far_counts_the_blocks_of_each_phase() -> None:
    mixture = Mixture([{"a": 10.0, "b": 0.0}, {"a": 5.0, "b": 15.0}])
    assert mixture.planned([4]) == {"a": 1.0, "b": 0.0}
    assert mixture.planned([4, 2]) == pytest.approx({"a": 50 / 80, "b": 30 / 80})


def test_a_checkpoint_of_another_curriculum_is_refused(data: Path, vocabulary: Vocabulary) -> None:
    iterator = make(data, vocabulary)
    iterator.next_epoch_itr()
    state = iterator.state_dict()
    other = make(data, vocabulary, phases=(Phase("all", (1.0, 1.0, 1.0)),), noise=(None,))
    with pytest.raises(UserError, match=r"had the phases clean, the curriculum is now all\..*--reset-dataloader"):
        other.load_state_dict(state)
    old = {key: value for key, value in state.items() if key not in ("phases", "batches_in_phase")}
    other.load_state_dict(old)  # of before there were phases


def test_without_noise_the_batches_are_those_of_the_plan(data: Path, vocabulary: Vocabulary) -> None:
    none, off = (make(data, vocabulary, noise=(options,) * 3) for options in (None, TextNoise()))
    rare = make(data, vocabulary, noise=(TextNoise(typos=1e-12),) * 3)  # the path of noise, which hits no line
    expected = texts(none, 4)
    assert texts(off, 4) == texts(rare, 4) == expected


def test_budgets_hold_and_no_sentence_is_lost(data: Path, vocabulary: Vocabulary) -> None:
    noisy, clean = make(data, vocabulary), make(data, vocabulary, noise=(None,) * 3)
    size, total = len(noisy.batches.dataset), 0
    for block in range(6):
        place = Place(block)
        drawn = [number for batch in noisy.batches.block(place) for number in batch.tolist()]
        plain = sorted(number for batch in clean.batches.block(place) for number in batch.tolist())
        streams, places = len(noisy.batches.dataset.bitexts), [n for n in drawn if n >= size]
        rows = [n for n in drawn if n < size]
        for number in places:
            draw, phase = divmod(number - size, 3)
            position, which = divmod(draw, streams)
            bitext = noisy.batches.dataset.bitexts[which]
            row = drawn_rows(bitext.stream, len(bitext.source), 5, np.array([position]))[0]
            rows.append(int(noisy.batches.dataset.starts[which] + row))
            assert phase == 0
        assert sorted(rows) == plain
        total += len(places)
    assert total > 200
    for batch in noisy.next_epoch_itr():
        assert batch["target"].numel() <= 300 and batch["net_input"]["src_tokens"].numel() <= 300


def test_a_batch_that_is_split_keeps_its_noise(data: Path, vocabulary: Vocabulary) -> None:
    iterator = make(data, vocabulary)
    batch = max(iterator.next_epoch_itr(), key=lambda batch: batch["nsentences"])
    pad = iterator.batches.dataset.pad

    def lines(batch: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [tuple([t for t in part if t != pad] if isinstance(part, list) else part for part in row)
                for row in content(batch)]  # fmt: skip

    assert max(batch["id"]) >= len(iterator.batches.dataset)
    halves = split(iterator.batches.dataset, batch)
    assert sorted(row for half in halves for row in lines(half)) == lines(batch)


# What happens to a line


def changed(
    data: Path, vocabulary: Vocabulary, direction: str, noise: TextNoise, draws: int = 150
) -> list[tuple[dict[str, Any], str, str, str, str]]:
    """Lines that noise was to change: the item, source and target as read, source and target as they are."""
    dataset = read(data, direction)
    noisy = NoisyText(dataset, [noise], vocabulary, 1, TAG)
    rows, numbers, source, target = noisy.draw(0, 0, np.arange(draws), lambda s, t: np.ones(len(s), bool))
    found = []
    for i in np.flatnonzero(numbers >= 0).tolist():
        item = noisy.items([int(numbers[i])])[int(numbers[i])]
        clean = dataset.clean_item(0, int(rows[i]))
        tags = item.get("tags", (4,))
        assert len(item["source"]) + len(tags) <= source[i] and len(item["target"]) <= target[i]
        assert item["source"].dtype == clean["source"].dtype and item["source"][-1] == 2
        sides = [vocabulary.decode(each[side].tolist()) for each in (item, clean) for side in ("source", "target")]
        found.append((item, *sides))
    return found


@pytest.mark.parametrize(
    ("kind", "of_source", "of_target"),
    [("lower", str.lower, str), ("upper", str.upper, str.upper), ("title", str.title, str.title)],
)
def test_case(data: Path, vocabulary: Vocabulary, kind: str, of_source: Any, of_target: Any) -> None:
    lines = changed(data, vocabulary, "de-en", TextNoise(**{kind: 1}))  # words that are all lower in both, or nouns
    assert len(lines) == 150
    done = [line for line in lines if "tags" in line[0]]
    assert len(done) > 40
    for item, source, target, was, target_was in done:
        assert (source, target) == (of_source(was), of_target(target_was))
        assert item["tags"] == (4,)
    assert not changed(data, vocabulary, "ja-en", TextNoise(**{kind: 1}))  # nobody writes Japanese in capitals


def test_typos_are_in_the_source_and_tagged_if_wished(data: Path, vocabulary: Vocabulary) -> None:
    lines = changed(data, vocabulary, "en-de", TextNoise(typos=0.5, tag=True))
    assert 50 < len(lines) < 100
    for item, source, target, was, target_was in lines:
        assert target == target_was
        assert (item.get("tags") == (4, TAG)) is (source != was)
    assert sum(source != was for _, source, _, was, _ in lines) > 0.8 * len(lines)


@pytest.mark.parametrize("direction", ["en-de", "ja-en"])
def test_merged_lines_are_this_and_the_next_draw(data: Path, vocabulary: Vocabulary, direction: str) -> None:
    dataset = read(data, direction)
    bitext = dataset.bitexts[0]
    lines = changed(data, vocabulary, direction, TextNoise(merge=1))
    rows = drawn_rows(bitext.stream, len(bitext.source), 1, np.arange(151))
    for i, (_, source, target, was, target_was) in enumerate(lines):
        following = [vocabulary.decode(store[int(rows[i + 1])].tolist()) for store in (bitext.source, bitext.target)]
        assert source == was + ("" if direction == "ja-en" else " ") + following[0]
        assert target == target_was + " " + following[1]


def test_lines_that_would_outgrow_their_bound_or_have_unknown_symbols_stay(
    data: Path, vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairseq_plugins.data.noise._MORE", 0)
    lines = changed(data, vocabulary, "en-de", TextNoise(upper=1))
    stayed = [line for line in lines if line[1:3] == line[3:5]]
    assert stayed and all("tags" not in item for item, *_ in stayed)
    dataset = read(data, "en-de")
    noisy = NoisyText(dataset, [TextNoise(typos=1)], vocabulary, 1)
    monkeypatch.setattr("fairseq_plugins.data.noise.UNKNOWN", int(dataset[0]["source"][0]))
    with_first = [i for i in range(60) if dataset[0]["source"][0] in dataset.clean_item(0, i)["source"]]
    rows, numbers, _, _ = noisy.draw(0, 0, np.arange(300), lambda s, t: np.ones(len(s), bool))
    monkeypatch.setattr(vocabulary, "decode", lambda numbers: pytest.fail("an unknown symbol has no text"))
    for row in with_first:
        number = int(numbers[rows.tolist().index(row)])
        assert np.array_equal(noisy.items([number])[number]["source"], dataset.clean_item(0, row)["source"])
