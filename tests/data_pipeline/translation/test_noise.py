"""Noise: repeatable, bounded, and at the rates that were asked for."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.synthesis.noise import add_noise
from vega.settings import NoiseOptions

OFF = NoiseOptions(drop=0, blank=0, shuffle=0)
WORDS = [f"w{i}" for i in range(5000)]
TEXT = " ".join(WORDS)


def test_without_noise_nothing_changes() -> None:
    assert add_noise("the old house", "en", OFF, "1") == "the old house"
    assert add_noise("古い家", "ja", OFF, "1") == "古い家"


def test_words_are_dropped_and_blanked_at_their_rates() -> None:
    dropped = add_noise(TEXT, "en", OFF.model_copy(update={"drop": 0.1}), "1").split()
    assert 0.08 < 1 - len(dropped) / len(WORDS) < 0.12 and set(dropped) < set(WORDS)
    blanked = Counter(add_noise(TEXT, "en", OFF.model_copy(update={"blank": 0.1}), "1").split())
    assert 0.08 < blanked["⁇"] / len(WORDS) < 0.12 and blanked.total() == len(WORDS)


@given(st.integers(1, 6), st.text("abc", max_size=3))
def test_no_word_moves_too_far(window: int, seed: str) -> None:
    words = WORDS[:300]
    moved = add_noise(" ".join(words), "en", OFF.model_copy(update={"shuffle": window}), seed).split()
    assert sorted(moved) == sorted(words) and moved != words
    assert max(abs(moved.index(word) - place) for place, word in enumerate(words)) <= window


@given(st.lists(st.sampled_from(["the", "old", "house"]), min_size=1, max_size=8), st.integers(0, 99))
def test_it_depends_on_text_and_seed_alone_and_never_takes_all(words: list[str], seed: int) -> None:
    options = NoiseOptions(drop=0.9, blank=0.5, shuffle=2)
    text = " ".join(words)
    noisy = add_noise(text, "en", options, f"{seed}")
    assert noisy == add_noise(text, "en", options, f"{seed}")
    assert noisy.strip()


def test_seeds_differ_and_unsegmented_text_is_divided_by_characters() -> None:
    noise = NoiseOptions()
    assert add_noise(TEXT, "en", noise, "1") != add_noise(TEXT, "en", noise, "2")
    assert " " not in add_noise("古い家の近くに木がある", "ja", noise, "1")
    moved = add_noise("古い家の近くに木がある", "zh", OFF.model_copy(update={"shuffle": 3}), "1")
    assert sorted(moved) == sorted("古い家の近くに木がある") and moved != "古い家の近くに木がある"
