"""Entropy of the output distribution at reference tokens (`vega.methods.lexical`)."""

from __future__ import annotations

from typing import Any

import torch
from fairseq import utils

from fairseq_plugins.dev.loss import DevLoss
from fairseq_plugins.loading import PAD, Loaded
from vega.methods.lexical import BUCKET, Choice, histogram, lexical_choice
from vega.settings.probe import LexicalProbe, ProbeSettings


def lexical(settings: ProbeSettings, options: LexicalProbe, loaded: Loaded) -> dict[str, Any]:
    """Means over tokens, of all and by direction, and the histogram in buckets of `width` bits."""
    loss = DevLoss(loaded, max_tokens=settings.max_tokens, batches=options.batches, seed=settings.seed)
    parts: dict[str, list[Choice]] = {}
    with torch.inference_mode():
        for batch in loss.batches:
            moved = utils.move_to_cuda(batch) if loss.device.type == "cuda" else batch
            parts.setdefault(batch["direction"], []).append(of_batch(loss.model, moved))
    every = _joined([choice for choices in parts.values() for choice in choices])
    return {
        "tokens": len(every.entropy),
        "vocabulary": len(loss.task.dictionary),
        "entropy": float(every.entropy.double().mean()),
        "negative": float(every.negative.double().mean()),
        "by_direction": {
            direction: float(_joined(choices).entropy.double().mean()) for direction, choices in sorted(parts.items())
        },
        "width": BUCKET,
        "histogram": histogram(every.entropy.tolist(), len(loss.task.dictionary)),
    }


def of_batch(model: Any, sample: dict[str, Any]) -> Choice:
    """Of the real target tokens, end of sentence among them, of fairseq's batch."""
    target = sample["target"]  # (B, T)
    real = target.ne(PAD)
    hidden, _ = model(**sample["net_input"], features_only=True)  # (B, T, D)
    return lexical_choice(hidden[real], model.decoder.output_projection.weight, target[real])


def _joined(choices: list[Choice]) -> Choice:
    return Choice(*(torch.cat([part[field] for part in choices]).cpu() for field in range(2)))
