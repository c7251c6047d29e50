"""`decoder.json` of the stage `ensemble`: its models in one pass, the probabilities of each next token averaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.translator import FairseqTranslator, Search


def open(content: dict[str, Any], models: dict[str, Path], data: Path, search: Search) -> FairseqTranslator:
    """The translator that `content` describes, with `models` by their names. A model named twice weighs double."""
    return FairseqTranslator([open_checkpoint(models[name]) for name in content["models"]], data, search)
