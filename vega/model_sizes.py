"""The model sizes, in one table, and their parameter counts by arithmetic.

`fairseq_plugins.models.sizes` registers each row as an architecture; a test counts the built models on the meta device.

Shapes: V vocabulary, D width, F feed-forward width, E/L encoder/decoder layers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelSize:
    """An encoder-decoder Transformer (Vaswani et al. 2017), pre-norm or post-norm, with tied embeddings."""

    encoder_layers: int
    decoder_layers: int
    width: int
    ffn_width: int
    heads: int
    pre_norm: bool

    def num_parameters(self, vocabulary: int) -> int:
        """Trained parameters: one embedding table for encoder, decoder and output; sinusoidal positions have none."""
        attention = 4 * self.width * self.width + 4 * self.width
        ffn = 2 * self.width * self.ffn_width + self.ffn_width + self.width
        norm = 2 * self.width
        encoder = self.encoder_layers * (attention + ffn + 2 * norm)
        decoder = self.decoder_layers * (2 * attention + ffn + 3 * norm)
        final_norms = 2 * norm if self.pre_norm else 0
        return encoder + decoder + final_norms + vocabulary * self.width


SIZES = {
    # For a laptop: shows learning within minutes on two cores.
    "vega_tiny": ModelSize(2, 2, width=128, ffn_width=512, heads=4, pre_norm=True),
    # "base" and "big" of Vaswani et al. 2017, table 3; pre-norm trains without tuning of the warm-up.
    "vega_base": ModelSize(6, 6, width=512, ffn_width=2048, heads=8, pre_norm=True),
    "vega_big": ModelSize(6, 6, width=1024, ffn_width=4096, heads=16, pre_norm=True),
    # Vega-MT's "nearly 4.7B" (arXiv 2209.09444): 4.693 billion with 128,009 symbols, the shape of Meta's WMT21
    # dense-24-wide; the paper's exact shape was not recovered (see docs/recipes.md).
    "vega_xl": ModelSize(24, 24, width=2048, ffn_width=16384, heads=32, pre_norm=True),
}
