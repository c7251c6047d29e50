"""Our pre-norm Transformers as Hugging Face's `M2M100ForConditionalGeneration`: the same computation, other names.

Both come from fairseq: layers normalise before they compute, positions are sinusoids counted from padding_idx + 1,
embeddings are scaled by sqrt(width) and shared by encoder, decoder and output. `tests/vega/checkpoints` holds the
logits of the two against each other.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch

from vega.checkpoints.export import export_safetensors
from vega.checkpoints.sources import Weights, options_of
from vega.errors import UserError
from vega.vocabulary_files import copy_vocabulary

#: fairseq's options and the only values that M2M100 can express. Options that are not there have these values.
_REQUIRED = {
    "encoder_normalize_before": True,
    "decoder_normalize_before": True,
    "share_all_embeddings": True,
    "encoder_learned_pos": False,
    "decoder_learned_pos": False,
    "no_token_positional_embeddings": False,
    "no_scale_embedding": False,
    "layernorm_embedding": False,
    "adaptive_softmax_cutoff": None,
    "no_cross_attention": False,
    "cross_self_attention": False,
    "activation_fn": "relu",
}
#: fairseq's numbers of its own symbols.
_BOS, _PAD, _EOS = 0, 1, 2


def export_hugging_face(weights: Weights, folder: Path, dtype: torch.dtype | None, data: Path | None) -> None:
    """Write config.json, generation_config.json and safetensors into `folder`; the vocabulary too if `data` has it.

    Decoding starts with the target language's tag: pass its number in the dictionary as `forced_bos_token_id` or
    `decoder_start_token_id`. Raises UserError for architectures that M2M100 cannot express.
    """
    model = _model_options(weights)
    vocabulary, width = weights.tensors()["encoder.embed_tokens.weight"].shape
    config = {
        "architectures": ["M2M100ForConditionalGeneration"],
        "model_type": "m2m_100",
        "vocab_size": vocabulary,
        "d_model": width,
        "encoder_layers": model["encoder_layers"],
        "decoder_layers": model["decoder_layers"],
        "encoder_ffn_dim": model["encoder_ffn_embed_dim"],
        "decoder_ffn_dim": model["decoder_ffn_embed_dim"],
        "encoder_attention_heads": model["encoder_attention_heads"],
        "decoder_attention_heads": model["decoder_attention_heads"],
        "activation_function": "relu",
        "dropout": model.get("dropout", 0.1),
        "attention_dropout": model.get("attention_dropout", 0.0),
        "activation_dropout": model.get("activation_dropout", 0.0),
        "max_position_embeddings": model.get("max_source_positions") or 1024,
        "scale_embedding": True,
        "tie_word_embeddings": True,
        "bos_token_id": _BOS,
        "pad_token_id": _PAD,
        "eos_token_id": _EOS,
        "decoder_start_token_id": _EOS,
    }
    _write_json(folder / "config.json", config)
    generation = {name: config[name] for name in config if name.endswith("_token_id")}
    _write_json(folder / "generation_config.json", {**generation, "num_beams": 5})
    export_safetensors(weights, folder, dtype, rename=_their_name)
    if data is not None:
        copy_vocabulary(data, folder)


def _model_options(weights: Weights) -> dict[str, Any]:
    model = weights.trainer_state()["cfg"]["model"]
    options: dict[str, Any] = model if isinstance(model, dict) else vars(model)
    if options_of(weights, "task").get("right_to_left"):
        raise UserError(
            f"{weights.path}: writes from right to left (right_to_left); a program that does not know would give its "
            "text turned round. Use --to fairseq or safetensors."
        )
    for name, value in _REQUIRED.items():
        found = options.get(name, value)
        if found != value:
            raise UserError(
                f"{weights.path}: {name} is {found}; Hugging Face's M2M100 has {value}. Only pre-norm Transformers "
                "with shared embeddings (vega_tiny to vega_xl) can be exported so; use --to fairseq or safetensors."
            )
    return options


def _their_name(name: str) -> str | None:
    if name == "encoder.embed_tokens.weight":
        return "model.shared.weight"
    if name.endswith(("version", "embed_positions._float_tensor")):  # fairseq's markers, no weights
        return None
    if re.fullmatch(r"(encoder|decoder)\.(layers\.\d+\..+|layer_norm\.(weight|bias))", name):
        return f"model.{name}"
    raise UserError(f"M2M100 has no place for '{name}'.")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
