"""COMET checkpoints with random weights, in the hub's layout: the real package loads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import yaml
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel

ENCODER = "tiny-xlm-roberta"
LAYERS, WIDTH, HIDDEN = 2, 16, [12, 8]
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
PIECES = ["▁", *"abcdefghijklmnopqrstuvwxyzäöüßABCDEFGHIJ.,!?0123456789", "en", "er", "▁the", "▁d", "日", "本"]


def write_tokenizer(folder: Path) -> int:
    """`tokenizer.json` of a Unigram model with XLM-R's special pieces; returns the size of the vocabulary."""
    vocabulary = [(piece, 0.0) for piece in SPECIAL] + [(piece, -3.0) for piece in PIECES] + [("<mask>", 0.0)]
    tokenizer = Tokenizer(Unigram(vocabulary, unk_id=SPECIAL.index("<unk>")))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "cls_token": "<s>"}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, sep_token="</s>", mask_token="<mask>", model_max_length=128, **names
    )
    fast.save_pretrained(folder)
    return len(vocabulary)


def make_comet(folder: Path, kind: str = "regression_metric", seed: int = 1, **changes: Any) -> Path:
    """A model's folder. `changes` are of the hyperparameters."""
    encoder = folder / ENCODER
    encoder.mkdir(parents=True)
    config = XLMRobertaConfig(
        vocab_size=write_tokenizer(encoder), hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=130, type_vocab_size=1, pad_token_id=1, bos_token_id=0,
        eos_token_id=2, layer_norm_eps=1e-5,
    )  # fmt: skip
    config.save_pretrained(encoder)
    hyper: dict[str, Any] = {
        "nr_frozen_epochs": 0.3, "keep_embeddings_frozen": True, "optimizer": "AdamW", "encoder_learning_rate": 1e-5,
        "learning_rate": 1e-5, "layerwise_decay": 0.95, "encoder_model": "XLM-RoBERTa", "pretrained_model": ENCODER,
        "pool": "avg", "layer": "mix", "layer_transformation": "sparsemax", "layer_norm": False, "loss": "mse",
        "dropout": 0.1, "batch_size": 4, "hidden_sizes": HIDDEN, "activations": "Tanh", "final_activation": None,
    }  # fmt: skip
    width = {"regression_metric": 6, "referenceless_regression_metric": 4}.get(kind, 1) * WIDTH
    if kind == "unified_metric":
        hyper |= {
            "sent_layer": "mix",
            "word_layer": LAYERS,
            "input_segments": ["mt", "src"],
            "word_weights": [1.0, 1.0],
        }
        hyper |= {"word_level_training": False, "loss_lambda": 0.5}
        del hyper["pool"], hyper["layer"]
    hyper |= changes
    checkpoint = {
        "pytorch-lightning_version": "2.6.6", "epoch": 0, "global_step": 0, "hyper_parameters": hyper,
        "state_dict": _weights(config, width, seed),
    }  # fmt: skip
    (folder / "checkpoints").mkdir()
    torch.save(checkpoint, folder / "checkpoints" / "model.ckpt")
    content = {**hyper, "class_identifier": kind}
    (folder / "hparams.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


def _weights(config: XLMRobertaConfig, width: int, seed: int) -> dict[str, torch.Tensor]:
    """Large random weights: scores differ well between texts."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = XLMRobertaModel(config, add_pooling_layer=False)
        found = {f"encoder.model.{name}": torch.randn_like(each) * 0.3 for name, each in model.state_dict().items()}
        for name in [name for name in found if name.endswith("LayerNorm.weight")]:
            found[name] = 1 + found[name]
        sizes = [width, *HIDDEN, 1]
        for index, (rows, columns) in enumerate(zip(sizes[1:], sizes, strict=False)):
            place = index * 3  # linear, activation, dropout
            found[f"estimator.ff.{place}.weight"] = torch.randn(rows, columns) * 0.5
            found[f"estimator.ff.{place}.bias"] = torch.randn(rows)
        for layer in range(LAYERS + 1):
            found[f"layerwise_attention.scalar_parameters.{layer}"] = torch.randn(1)
        found["layerwise_attention.gamma"] = torch.ones(1)
    return found
