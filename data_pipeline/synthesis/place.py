"""Where the units of a round are kept, and in which numbers they are computed.

Numbers decide the result, so a ledger is of one device and one compute type. `auto` may mean another on another
machine: whoever only looks for units, or joins them, takes those of the ledger that is there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from data_pipeline.code_fingerprint import environment
from data_pipeline.ledger import work_folder
from data_pipeline.synthesis.model_folder import model_hash
from data_pipeline.translation.engine import COMPUTE_TYPES, choose_compute_type, choose_device
from vega import synthetic_corpora, vocabulary
from vega.errors import UserError
from vega.manifest import hash_file
from vega.settings import SPEED_ONLY, SynthesizeSettings


class Place(NamedTuple):
    """A ledger's name, and what its units are computed with: never auto."""

    fingerprint: str
    device: str
    compute_type: str

    def __str__(self) -> str:
        return f"{self.device} ({self.compute_type})"


class Places:
    """The ledgers that a round may have. Reads the model once."""

    def __init__(self, settings: SynthesizeSettings) -> None:
        self._settings = settings
        self._model = model_hash(settings)

    def here(self) -> Place:
        """That of this machine. UserError where it cannot compute as the settings say."""
        device = choose_device(self._settings.device)
        return self._place(device, choose_compute_type(device, self._settings.compute_type))

    def is_here(self, place: Place) -> bool:
        """Whether this machine computes so by itself."""
        try:
            return place == self.here()
        except UserError:
            return False

    def begun(self, output: Path) -> list[Place]:
        """Those that are there for the stage's folder `output`, the last one used first."""
        found = [(work_folder(output) / place.fingerprint / "units", place) for place in self._possible()]
        there = [(units.stat().st_mtime, place) for units, place in found if units.exists()]
        return [place for _, place in sorted(there, reverse=True)]

    def _possible(self) -> Iterator[Place]:
        settings = self._settings
        for device in COMPUTE_TYPES if settings.device == "auto" else (settings.device,):
            auto = settings.compute_type == "auto"
            for compute_type in COMPUTE_TYPES[device] if auto else (settings.compute_type,):
                yield self._place(device, compute_type)

    def _place(self, device: str, compute_type: str) -> Place:
        return Place(_fingerprint(self._settings, self._model, [device, compute_type]), device, compute_type)


def _fingerprint(settings: SynthesizeSettings, model: str, computes: list[str]) -> str:
    """What decides the result, as 24 hexadecimal digits. Of the text nothing is in it: the names of units have that."""
    speed_only = {name for name, field in type(settings).model_fields.items() if field.json_schema_extra == SPEED_ONLY}
    content = {
        "settings": settings.model_dump(mode="json", exclude={*speed_only, "model", "data", "bitext", "mono"}),
        "model": model,
        "computes": computes,
        "environment": environment(),
        "code": [hash_file(Path(str(module.__file__))) for module in (synthetic_corpora, vocabulary)],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]
