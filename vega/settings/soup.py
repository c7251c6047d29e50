"""Settings of `vega soup`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vega.settings.dev import DevInputs, DevOptions, NamedModels


class SoupOptions(DevOptions):
    """How a soup is judged and written, as a recipe states it."""

    to: Literal["fairseq", "sharded"] = Field(default="fairseq", description="write a .pt file, or a sharded folder")


class SoupSettings(SoupOptions, DevInputs):
    """Greedy soup: models join the average of weights, the best first, while dev sentences get no worse."""

    models: NamedModels = Field(
        description="models of one architecture and vocabulary, tuned from one start", min_length=2
    )
