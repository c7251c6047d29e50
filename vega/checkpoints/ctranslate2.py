"""A Transformer of fairseq as a model folder of CTranslate2: the same computation in another program, also in int8.

Layers, heads and widths are free; pre-norm or post-norm; embeddings shared, partly or not at all; sinusoidal or
learned positions. Both sides have one vocabulary. The decoder gets no start symbol of its own: its first token is the
target language's tag, which the user gives as the prefix, as `vega_multidirectional` trains it.
`tests/vega/checkpoints/test_ctranslate2.py` holds the log-probabilities of the two against each other.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import ctranslate2
import torch
from ctranslate2.specs import (
    Activation,
    TransformerDecoderSpec,
    TransformerEncoderSpec,
    TransformerSpec,
)
from torch import Tensor

from vega.checkpoints.sources import Weights, all_names, options_of
from vega.errors import UserError
from vega.vocabulary import PAD, SPECIAL_SYMBOLS, read_symbols
from vega.vocabulary_files import copy_vocabulary

#: Types of the stored weights. int8 keeps a scale per row; what follows it is the type of everything else.
QUANTIZATIONS = ("float32", "float16", "bfloat16", "int8", "int8_float32", "int8_float16", "int8_bfloat16")

#: fairseq's options and the only values that CTranslate2 can express. Options that are not there have these values.
_REQUIRED = {
    "no_token_positional_embeddings": False,
    "adaptive_softmax_cutoff": None,
    "no_cross_attention": False,
    "cross_self_attention": False,
}
_ACTIVATIONS = {
    "relu": Activation.RELU,
    "gelu": Activation.GELU,
    "gelu_accurate": Activation.GELUTanh,
    "gelu_fast": Activation.GELUTanh,
    "swish": Activation.SWISH,
}
#: fairseq's markers, no weights.
_MARKERS = ("version", "embed_positions._float_tensor")


def export_ctranslate2(weights: Weights, folder: Path, data: Path | None, quantization: str = "") -> None:
    """Write model.bin, config.json and the vocabulary into `folder`, and beside them the files of ours.

    `data` is the folder of the vocabulary, `quantization` one of QUANTIZATIONS, empty for float32. Memory holds the
    model in its new type (the library writes the file at the end), and in fp32 the largest layer's part only.
    Raises UserError for architectures that CTranslate2 cannot express.
    """
    if quantization and quantization not in QUANTIZATIONS:
        raise UserError(f"--quantization {quantization}: unknown. Use one of {', '.join(QUANTIZATIONS)}.")
    if data is None:
        raise UserError("--to ctranslate2 needs --data: the folder with dict.txt and spm.model of the model.")
    spec = build_spec(weights, data, quantization or "float32")
    spec.validate()
    spec.optimize()
    spec.save(str(folder))
    copy_vocabulary(data, folder)


def build_spec(weights: Weights, data: Path, quantization: str) -> TransformerSpec:
    """The library's description of the model with the weights in it, their types as `quantization` says."""
    options = _model_options(weights)
    tensors = _Tensors(weights)
    symbols = _symbols(weights, data)
    encoder, decoder = _empty_specs(options, tensors)
    fill = _Filling(tensors, quantization)
    fill.side(encoder, "encoder", options)
    fill.side(decoder, "decoder", options)
    fill.embeddings(encoder.embeddings[0], decoder.embeddings, decoder.projection)
    tensors.expect_all_used()
    spec = TransformerSpec(encoder, decoder)
    spec.register_source_vocabulary(symbols)
    spec.register_target_vocabulary(symbols)
    spec.config.decoder_start_token = None
    for side in ("source", "target"):  # CTranslate2 ignores these; our engine reads them
        spec.config.add_attribute(f"max_{side}_positions", _positions(options, side))
    return spec


def token_log_probabilities(
    model: Path, sources: list[list[int]], targets: list[list[int]], compute_type: str = "default"
) -> list[list[float]]:
    """What an exported model gives each token of `targets` after the first, in nats, on CPU.

    Rows are symbol numbers without padding; a source ends with </s>, a target begins with the tag and ends with </s>.
    """
    symbols = [*SPECIAL_SYMBOLS, *read_symbols(model / "dict.txt")]
    rows = [[[symbols[number] for number in row] for row in rows] for rows in (sources, [t[:-1] for t in targets])]
    translator = ctranslate2.Translator(str(model), device="cpu", compute_type=compute_type, intra_threads=1)
    return [result.log_probs for result in translator.score_batch(*rows, max_input_length=0)]


def largest_difference(model: Path, source: Tensor, previous: Tensor, expected: Tensor) -> float:
    """Between an exported model's log-probabilities and the checkpoint's, in nats, on CPU.

    `source` (B, S) and `previous` (B, T) are symbol numbers padded on the right; `expected` (tokens, V) holds the
    checkpoint's log-probabilities after every real token of `previous`. Each token's own next one is compared.
    """
    sources, targets = ([[n for n in row if n != PAD] for row in side.tolist()] for side in (source, previous))
    positions = (previous != PAD).nonzero().tolist()
    wanted = [
        float(expected[i, previous[row, column + 1]])
        for i, (row, column) in enumerate(positions)
        if column + 1 < len(targets[row])
    ]
    found = [value for values in token_log_probabilities(model, sources, targets) for value in values]
    return max(abs(a - b) for a, b in zip(wanted, found, strict=True))


def _model_options(weights: Weights) -> dict[str, Any]:
    model = weights.trainer_state()["cfg"]["model"]
    options: dict[str, Any] = model if isinstance(model, dict) else vars(model)
    if options_of(weights, "task").get("right_to_left"):
        raise UserError(
            f"{weights.path}: writes from right to left (right_to_left); a program that does not know would give its "
            "text turned round. Use --to fairseq or safetensors."
        )
    for name, value in _REQUIRED.items():
        if options.get(name, value) != value:
            raise UserError(
                f"{weights.path}: {name} is {options[name]}; CTranslate2 has {value}. Use --to fairseq or safetensors."
            )
    for side in ("input", "output"):
        width = options.get(f"decoder_{side}_dim", options["decoder_embed_dim"])
        if width != options["decoder_embed_dim"]:
            raise UserError(
                f"{weights.path}: decoder_{side}_dim is {width}, not the decoder's width {options['decoder_embed_dim']}"
                "; CTranslate2 has no place for that. Use --to fairseq or safetensors."
            )
    if options.get("activation_fn", "relu") not in _ACTIVATIONS:
        raise UserError(
            f"{weights.path}: activation_fn is {options['activation_fn']}; CTranslate2 has {', '.join(_ACTIVATIONS)}. "
            "Use --to fairseq or safetensors."
        )
    return options


def _symbols(weights: Weights, data: Path) -> list[str]:
    symbols = [*SPECIAL_SYMBOLS, *read_symbols(data / "dict.txt")]
    rows = weights.tensors()["encoder.embed_tokens.weight"].shape[0]
    if len(symbols) != rows:
        raise UserError(
            f"{weights.path} was trained with {rows:,} symbols, {data}/dict.txt has {len(symbols):,}. "
            "Give the data folder it was trained with."
        )
    if len(set(symbols)) != rows:
        raise UserError(f"{data}/dict.txt lists one of {', '.join(SPECIAL_SYMBOLS)}; these are there without it.")
    return symbols


def _positions(options: dict[str, Any], side: str) -> int:
    return int(options.get(f"max_{side}_positions") or 1024)  # fairseq's default


def _empty_specs(options: dict[str, Any], tensors: _Tensors) -> tuple[TransformerEncoderSpec, TransformerDecoderSpec]:
    def settings(side: str) -> dict[str, Any]:
        return {
            "num_layers": tensors.layers(side),
            "num_heads": options[f"{side}_attention_heads"],
            "pre_norm": bool(options.get(f"{side}_normalize_before", False)),
            "no_final_norm": f"{side}.layer_norm.weight" not in tensors,
            "layernorm_embedding": f"{side}.layernorm_embedding.weight" in tensors,
            "activation": _ACTIVATIONS[options.get("activation_fn", "relu")],
        }

    encoder, decoder = TransformerEncoderSpec(**settings("encoder")), TransformerDecoderSpec(**settings("decoder"))
    for spec in (encoder, decoder):
        spec.scale_embeddings = not options.get("no_scale_embedding", False)
    return encoder, decoder


class _Tensors:
    """The checkpoint's tensors under fairseq's names, in fp32; notes which nobody asked for."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._stored = dict(all_names(weights))
        self._unused = {stored for name, stored in self._stored.items() if not name.endswith(_MARKERS)}

    def __contains__(self, name: str) -> bool:
        return name in self._stored

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._stored:
            raise UserError(f"{self._weights.path}: has no tensor '{name}'. Only Transformers can be exported so.")
        self._unused.discard(self._stored[name])
        return self._weights.tensor(self._stored[name]).float()

    def layers(self, side: str) -> int:
        """How many there are; `--encoder-layers` also counts those that layer dropout left out of the checkpoint."""
        return len({name.split(".")[2] for name in self._stored if name.startswith(f"{side}.layers.")})

    def same(self, name: str, other: str) -> bool:
        """Whether two names are one tied weight."""
        return self._stored.get(name) == self._stored.get(other)

    def expect_all_used(self) -> None:
        for name in sorted(self._unused):
            raise UserError(f"{self._weights.path}: CTranslate2 has no place for '{name}'. Use --to fairseq.")


class _Filling:
    """Puts tensors into the library's description, each in its final type at once."""

    def __init__(self, tensors: _Tensors, quantization: str) -> None:
        self._tensors, self._quantization = tensors, quantization
        rest = quantization.removeprefix("int8").lstrip("_") or "float32"
        self._dtype: torch.dtype = getattr(torch, rest)

    def side(self, spec: Any, side: str, options: dict[str, Any]) -> None:
        """Everything of the encoder or the decoder but its embeddings."""
        rows = _positions(options, "source" if side == "encoder" else "target")
        if options.get(f"{side}_learned_pos", False):
            table = self._tensors[f"{side}.embed_positions.weight"][PAD + 1 :]
        else:
            table = sinusoidal_positions(rows, options[f"{side}_embed_dim"])
        spec.position_encodings.encodings = table[:rows].to(self._dtype)
        for name in ("layer_norm", "layernorm_embedding"):
            if f"{side}.{name}.weight" in self._tensors:
                self._norm(getattr(spec, name), f"{side}.{name}")
        for number, layer in enumerate(spec.layer):
            self._layer(layer, f"{side}.layers.{number}", with_cross_attention=side == "decoder")

    def embeddings(self, source: Any, target: Any, output: Any) -> None:
        """The three tables over the vocabulary; a tied one is stored once."""
        given, projected = "decoder.embed_tokens.weight", "decoder.output_projection.weight"
        if projected not in self._tensors:  # fairseq leaves it out of some checkpoints where it is tied
            projected = given
        filled: list[tuple[str, Any]] = []
        # The library keeps the twin whose name is first in the alphabet; that one must have the scales of int8.
        for spec, name in ((target, given), (output, projected), (source, "encoder.embed_tokens.weight")):
            twin = next((other for first, other in filled if self._tensors.same(first, name)), None)
            if twin is None:
                spec.weight = self._tensors[name].numpy()
                self._reduce(spec)
            else:
                spec.weight = twin.weight  # becomes an alias
            filled.append((name, spec))

    def _layer(self, spec: Any, name: str, *, with_cross_attention: bool) -> None:
        self._norm(spec.self_attention.layer_norm, f"{name}.self_attn_layer_norm")
        self._linear(spec.self_attention.linear[0], *(f"{name}.self_attn.{part}_proj" for part in "qkv"))
        self._linear(spec.self_attention.linear[1], f"{name}.self_attn.out_proj")
        if with_cross_attention:
            self._norm(spec.attention.layer_norm, f"{name}.encoder_attn_layer_norm")
            self._linear(spec.attention.linear[0], f"{name}.encoder_attn.q_proj")
            self._linear(spec.attention.linear[1], *(f"{name}.encoder_attn.{part}_proj" for part in "kv"))
            self._linear(spec.attention.linear[2], f"{name}.encoder_attn.out_proj")
        self._norm(spec.ffn.layer_norm, f"{name}.final_layer_norm")
        self._linear(spec.ffn.linear_0, f"{name}.fc1")
        self._linear(spec.ffn.linear_1, f"{name}.fc2")

    def _linear(self, spec: Any, *names: str) -> None:
        """One product, or several of the same input as one."""
        spec.weight = torch.cat([self._tensors[f"{name}.weight"] for name in names]).numpy()
        spec.bias = torch.cat([self._tensors[f"{name}.bias"] for name in names]).numpy()
        self._reduce(spec)

    def _norm(self, spec: Any, name: str) -> None:
        spec.gamma = self._tensors[f"{name}.weight"].to(self._dtype)
        spec.beta = self._tensors[f"{name}.bias"].to(self._dtype)

    def _reduce(self, spec: Any) -> None:
        """Quantize now, so that no second layer is in memory in fp32. The library would do it for all at the end."""
        spec.validate()
        spec.optimize(self._quantization)


def sinusoidal_positions(rows: int, width: int) -> Tensor:
    """fairseq's table of positions without the rows before its first one: (rows, width).

    Half sines, half cosines of position * 10000^(-i / (width / 2 - 1)), counted from PAD + 1; in fp32, to the last bit.
    """
    half = width // 2
    rates = torch.exp(torch.arange(half, dtype=torch.float) * -(math.log(10000) / (half - 1)))
    angles = torch.arange(PAD + 1, PAD + 1 + rows, dtype=torch.float)[:, None] * rates
    table = torch.cat([angles.sin(), angles.cos()], dim=1)
    return torch.nn.functional.pad(table, (0, width % 2))
