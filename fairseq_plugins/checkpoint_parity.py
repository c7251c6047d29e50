"""Whether an exported model computes what the checkpoint computes: log-probabilities on random sentences."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from fairseq_plugins.loading import EOS, PAD, fairseq_model
from vega.checkpoints.sources import open_weights
from vega.errors import UserError

SENTENCES, LONGEST = 6, 12


def random_batch(vocabulary: int, seed: int = 1) -> tuple[Tensor, Tensor]:
    """Source (B, S) and decoder input (B, T), padded on the right, of unequal lengths."""
    generator = torch.Generator().manual_seed(seed)
    batch = []
    for _ in range(2):
        lengths = torch.randint(2, LONGEST + 1, (SENTENCES,), generator=generator)
        lengths[0] = LONGEST
        tokens = torch.randint(4, vocabulary, (SENTENCES, LONGEST), generator=generator)
        tokens[torch.arange(LONGEST) == (lengths - 1)[:, None]] = EOS
        tokens[torch.arange(LONGEST) >= lengths[:, None]] = PAD
        batch.append(tokens)
    return batch[0], batch[1]


@torch.no_grad()
def log_probabilities(path: Path, source: Tensor, previous: Tensor) -> Tensor:
    """Of every symbol after every target position, padding left out: (tokens, V)."""
    real = previous != PAD
    if (path / "config.json").exists():
        try:
            from transformers import M2M100ForConditionalGeneration
        except ImportError:
            raise UserError("Checking a Hugging Face export needs transformers: pip install transformers") from None
        model = M2M100ForConditionalGeneration.from_pretrained(path, dtype=torch.float32).eval()
        logits = model(input_ids=source, attention_mask=source != PAD, decoder_input_ids=previous,
                       decoder_attention_mask=real).logits  # fmt: skip
    else:
        model = fairseq_model(open_weights(path))
        logits = model(source, (source != PAD).sum(1), previous)[0]
    return torch.log_softmax(logits[real].float(), dim=-1)


def largest_difference(path: Path, exported: Path) -> float:
    """Over all symbols and positions of a random batch, in nats."""
    vocabulary = open_weights(path).tensors()["encoder.embed_tokens.weight"].shape[0]
    source, previous = random_batch(vocabulary)
    ours, theirs = (log_probabilities(where, source, previous) for where in (path, exported))
    return float((ours - theirs).abs().max())
