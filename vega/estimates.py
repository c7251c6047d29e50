"""Arithmetic about training: floating-point operations of an encoder-decoder Transformer, size of its checkpoints.

D width, F feed-forward width, V vocabulary, E and L encoder and decoder layers, S and T source and target tokens of a
sentence. A multiplication with its addition is 2 FLOP; backward costs twice forward. Memory: `vega.memory`.
"""

from __future__ import annotations

from dataclasses import dataclass

from vega.model_sizes import ModelSize

#: fairseq's checkpoint: weights and Adam's two moments in fp32.
CHECKPOINT_BYTES = 12
#: Pieces in a sentence, for the attention's share; measured text has 20 to 40.
SENTENCE_TOKENS = 30


@dataclass(frozen=True)
class Flops:
    """Training operations per source token and per target token."""

    source: float
    target: float


def training_flops_of_batch(
    size: ModelSize,
    vocabulary: int,
    source: float,
    target: float,
    source_squares: float,
    target_squares: float,
    crossings: float,
) -> float:
    """Operations of training on a batch, forward and backward; encoder and decoder tokens apart.

    `source` and `target` are tokens, the others sums over sentences: of S^2, of T^2 and of S T. Forward, in products:
    source token: E layers (4D^2 + 2DF) and the keys and values of L cross-attentions (2D^2);
    target token: L layers (6D^2 + 2DF) and the output projection (DV);
    scores and weighted values: 2D for every pair of tokens, E layers S^2, L layers T^2 + S T.
    All times 2 x 3. The decoder's self-attention counts whole, though half is masked: the convention of MFU
    (PaLM, arXiv 2204.02311, appendix B). Padding, recomputation, norms and the optimizer count nothing.
    """
    square, ffn = size.width**2, 2 * size.width * size.ffn_width
    per_source = size.encoder_layers * (4 * square + ffn) + size.decoder_layers * 2 * square
    per_target = size.decoder_layers * (6 * square + ffn) + size.width * vocabulary
    pairs = size.encoder_layers * source_squares + size.decoder_layers * (target_squares + crossings)
    return 6.0 * (source * per_source + target * per_target + 2 * size.width * pairs)


def training_flops(size: ModelSize, vocabulary: int, sentence: int = SENTENCE_TOKENS) -> Flops:
    """Per token, with S = T = `sentence`: `training_flops_of_batch` of one source and of one target token."""
    return Flops(
        source=training_flops_of_batch(size, vocabulary, 1, 0, sentence, 0, 0),
        target=training_flops_of_batch(size, vocabulary, 0, 1, 0, sentence, sentence),
    )
