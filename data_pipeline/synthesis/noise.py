"""Noise on a synthetic source, so that a model learns not to trust it: Edunov et al. 2018, after Lample et al. 2018."""

from __future__ import annotations

import random

from vega.languages import UNSEGMENTED
from vega.settings import NoiseOptions


def add_noise(text: str, code: str, options: NoiseOptions, seed: str) -> str:
    """Leave out words, blank words, move words; characters where the language has no spaces.

    In this order; a word moves by at most `shuffle` places. One word at least stays. Depends on the arguments alone.
    """
    rng = random.Random(seed)
    spaced = code not in UNSEGMENTED
    words = text.split() if spaced else [character for character in text if not character.isspace()]
    kept = [word for word in words if rng.random() >= options.drop] or words[:1]
    blanked = [options.filler if rng.random() < options.blank else word for word in kept]
    # Sorted by place + [0, shuffle + 1), a word passes at most `shuffle` others on either side.
    places = [place + rng.uniform(0, options.shuffle + 1) * (options.shuffle > 0) for place in range(len(blanked))]
    moved = [blanked[place] for place in sorted(range(len(blanked)), key=places.__getitem__)]
    return (" " if spaced else "").join(moved)
