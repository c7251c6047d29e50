"""Arithmetic about training: floating-point operations and memory of an encoder-decoder Transformer.

D width, F feed-forward width, V vocabulary, E and L encoder and decoder layers, H heads, S and T source and
target tokens of a sentence. A multiplication with its addition is 2 FLOP; backward costs twice forward.
"""

from __future__ import annotations

from dataclasses import dataclass

from vega.model_sizes import ModelSize

#: Bytes per parameter in fairseq, nothing sharded. In 16 bit the optimizer also holds weights and gradients in fp32.
BYTES_PER_PARAMETER = {
    "fp32": {"weights": 4, "gradients": 4, "optimizer": 8},
    "fp16": {"weights": 2, "gradients": 2, "optimizer": 16},
    "bf16": {"weights": 2, "gradients": 2, "optimizer": 16},
}
#: fairseq's checkpoint: weights and Adam's two moments in fp32.
CHECKPOINT_BYTES = 12
#: Pieces in a sentence, for the attention's share; measured text has 20 to 40.
SENTENCE_TOKENS = 30


@dataclass(frozen=True)
class Flops:
    """Training operations per source token and per target token."""

    source: float
    target: float


def training_flops(size: ModelSize, vocabulary: int, sentence: int = SENTENCE_TOKENS) -> Flops:
    """Per token, forward and backward, with S = T = `sentence`.

    Source: E layers (4D^2 + 2DF, attention 2SD) and the keys and values of L cross-attentions (2D^2).
    Target: L layers (6D^2 + 2DF, attention 2TD + 2SD) and the output projection DV. All times 2 x 3.
    """
    square, ffn = size.width**2, 2 * size.width * size.ffn_width
    scores = 2 * sentence * size.width
    source = size.encoder_layers * (4 * square + ffn + scores) + size.decoder_layers * 2 * square
    target = size.decoder_layers * (6 * square + ffn + 2 * scores) + size.width * vocabulary
    return Flops(source=6.0 * source, target=6.0 * target)


def activation_bytes(size: ModelSize, vocabulary: int, tokens: int, precision: str) -> int:
    """Activations kept for backward, for `tokens` source and as many target tokens, without checkpointing.

    Per token and layer in 16 bit (Korthikanti et al. 2022, section 4.1, for any F): attention 11D + 5HS, feed-forward
    3D + 4F, norms 4D; a decoder layer has a second attention and norm (13D + 5HS). fp32 takes twice that.
    Logits: V numbers in fp32, twice, for every target token: an upper bound, a fused loss holds less.
    """
    scores = 5 * size.heads * SENTENCE_TOKENS
    layer = 18 * size.width + 4 * size.ffn_width + scores
    second = 13 * size.width + scores
    layers = size.encoder_layers * layer + size.decoder_layers * (layer + second)
    return tokens * (layers * (2 if precision == "fp32" else 1) + 8 * vocabulary)


def training_memory(size: ModelSize, vocabulary: int, *, tokens: int, precision: str) -> dict[str, int]:
    """Bytes on one training process: weights, gradients, optimizer (Adam's moments, fp32 copies), activations, total.

    Any optimizer is counted like Adam, the largest of the common ones.
    """
    parameters = size.num_parameters(vocabulary)
    memory = {name: count * parameters for name, count in BYTES_PER_PARAMETER[precision].items()}
    memory["activations"] = activation_bytes(size, vocabulary, tokens, precision)
    return {**memory, "total": sum(memory.values())}
