"""The width of the encoder that a task has built, for criterions with a head on it: fairseq does not tell them."""

from __future__ import annotations

from typing import Any

from fairseq import models

from vega.errors import UserError

_stock_build = models.build_model


def build_model(cfg: Any, task: Any, from_checkpoint: bool = False) -> Any:
    """In place of fairseq's, by which every task builds its model before its criterion: notes the encoder's width."""
    model = _stock_build(cfg, task, from_checkpoint)
    encoder = getattr(model, "encoder", None)
    embedding = getattr(encoder, "embed_tokens", None)
    task.encoder_width = int(getattr(encoder, "output_units", 0) or getattr(embedding, "embedding_dim", 0))
    return model


def encoder_width(task: Any, wanted_by: str) -> int:
    """Channels of the encoder's output in the model that `task` built last; UserError if there is no encoder."""
    width: int = getattr(task, "encoder_width", 0)
    if not width:
        raise UserError(f"{wanted_by} needs a model with an encoder and a decoder, as vega_base. Use another --arch.")
    return width


def note_encoder_widths() -> None:
    """Put the function in place."""
    models.build_model = build_model
