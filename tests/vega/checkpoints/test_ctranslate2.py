"""CTranslate2 computes what fairseq computes, for every kind of Transformer; int8 nearly so."""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import torch
from fairseq.models import ARCH_CONFIG_REGISTRY, ARCH_MODEL_REGISTRY
from fairseq.modules import SinusoidalPositionalEmbedding
from typer.testing import CliRunner

from fairseq_plugins.checkpoint_parity import log_probabilities, random_batch
from fairseq_plugins.loading import _Task
from tests.vega.checkpoints.saving import store
from vega.checkpoints.ctranslate2 import build_spec, largest_difference, sinusoidal_positions
from vega.checkpoints.export import export
from vega.checkpoints.sources import open_weights
from vega.cli import app
from vega.errors import UserError
from vega.settings import Form
from vega.vocabulary import PAD, read_form, tags_for, write_form
from vega.vocabulary_files import copy_vocabulary

SYMBOLS = 120
#: Architecture and what differs from a small pre-norm model with one embedding table.
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "pre-norm": ("vega_tiny", {}),
    "post-norm": ("transformer", {"share_all_embeddings": True}),
    "separate embeddings": ("transformer", {"share_decoder_input_output_embed": True}),
    "nothing tied": ("transformer", {"encoder_normalize_before": True, "decoder_normalize_before": True}),
    "embeddings normalised, unscaled": ("vega_tiny", {"layernorm_embedding": True, "no_scale_embedding": True}),
    "learned positions, gelu": ("vega_tiny", {"encoder_learned_pos": True, "decoder_learned_pos": True,
                                              "activation_fn": "gelu"}),
    "no last norm in the decoder": ("vega_tiny", {"no_decoder_final_norm": True}),
    "sides of other shapes": ("vega_tiny", {"decoder_layers": 1, "decoder_attention_heads": 2,
                                            "decoder_ffn_embed_dim": 48, "decoder_normalize_before": False}),
}  # fmt: skip


def make_checkpoint(path: Path, kind: str, **changes: Any) -> Path:
    """A model with random weights, biases and norms too, as fairseq saves it."""
    arch, options = KINDS[kind]
    args = Namespace(
        arch=arch, encoder_layers=3, decoder_layers=2, encoder_embed_dim=32, decoder_embed_dim=32,
        encoder_ffn_embed_dim=64, decoder_ffn_embed_dim=64, encoder_attention_heads=4, decoder_attention_heads=4,
        max_source_positions=40, max_target_positions=50,
    )  # fmt: skip
    vars(args).update(options)
    ARCH_CONFIG_REGISTRY[arch](args)
    torch.manual_seed(3)
    model = ARCH_MODEL_REGISTRY[arch].build_model(args, _Task(SYMBOLS))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    vars(args).update(changes)
    torch.save({"cfg": {"model": args}, "model": model.state_dict(), "last_optimizer_state": None}, path)
    return path


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dictionary of SYMBOLS symbols, and something that stands for spm.model."""
    folder = tmp_path_factory.mktemp("words")
    tags = tags_for(["de", "en"])
    symbols = [*(f"▁w{i}" for i in range(SYMBOLS - 4 - len(tags))), *tags]
    (folder / "dict.txt").write_text("".join(f"{symbol} 1\n" for symbol in symbols), encoding="utf-8")
    (folder / "spm.model").write_bytes(b"pieces")
    return folder


def difference(checkpoint: Path, exported: Path) -> float:
    source, previous = random_batch(SYMBOLS)
    return largest_difference(exported, source, previous, log_probabilities(checkpoint, source, previous))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_computes_the_same(kind: str, words: Path, tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "model.pt", kind)
    export(open_weights(checkpoint), tmp_path / "out", "ctranslate2", None, words)
    assert difference(checkpoint, tmp_path / "out") < 1e-4
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "model.bin", "config.json", "shared_vocabulary.json", "dict.txt", "spm.model",
    }  # fmt: skip
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert (config["max_source_positions"], config["max_target_positions"]) == (40, 50)


def test_the_form_of_the_text_goes_with_the_model(words: Path, tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "model.pt", "pre-norm")
    (tmp_path / "data").mkdir()
    copy_vocabulary(words, tmp_path / "data")
    write_form(tmp_path / "data", Form(width=True))
    for to in ("ctranslate2", "huggingface"):
        export(open_weights(checkpoint), tmp_path / to, to, None, tmp_path / "data")
        assert read_form(tmp_path / to) == Form(width=True)


@pytest.mark.parametrize(
    ("quantization", "tolerance"), [("float16", 0.02), ("bfloat16", 0.15), ("int8", 0.4), ("int8_bfloat16", 0.5)]
)
def test_fewer_bits_compute_nearly_the_same(quantization: str, tolerance: float, words: Path, tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "model.pt", "pre-norm")
    for name in ("float32", quantization):
        export(open_weights(checkpoint), tmp_path / name, "ctranslate2", None, words, name)
    assert 1e-4 < difference(checkpoint, tmp_path / quantization) < tolerance
    sizes = [(tmp_path / name / "model.bin").stat().st_size for name in ("float32", quantization)]
    assert sizes[1] < 0.75 * sizes[0]


@pytest.mark.parametrize("quantization", ["int8", "bfloat16"])
def test_layer_by_layer_gives_the_librarys_own_file(quantization: str, words: Path, tmp_path: Path) -> None:
    """The library quantizes whole models; we one layer at a time, for the memory's sake."""
    weights = open_weights(make_checkpoint(tmp_path / "model.pt", "post-norm"))
    export(weights, tmp_path / "ours", "ctranslate2", None, words, quantization)
    spec = build_spec(weights, words, "float32")
    spec.validate()
    spec.optimize(quantization)
    (tmp_path / "theirs").mkdir()
    spec.save(str(tmp_path / "theirs"))
    assert (tmp_path / "ours/model.bin").read_bytes() == (tmp_path / "theirs/model.bin").read_bytes()


@pytest.mark.parametrize("width", [32, 33])
def test_positions_are_fairseqs_to_the_last_bit(width: int) -> None:
    theirs = SinusoidalPositionalEmbedding.get_embedding(1000 + PAD + 1, width, PAD)
    assert torch.equal(sinusoidal_positions(1000, width), theirs[PAD + 1 :])


def test_a_sharded_checkpoint_gives_the_same_file(words: Path, tmp_path: Path) -> None:
    """With its tied embeddings, which are stored once under a name and listed under the others."""
    weights = open_weights(make_checkpoint(tmp_path / "model.pt", "pre-norm"))
    aliases = {f"model.{name}": f"model.{first}" for name, first in weights.aliases().items()}
    assert aliases
    tensors = {f"model.{name}": weights.tensor(name) for name in weights.tensors()}
    checkpoints = store(tmp_path / "save")
    checkpoints.save(1, tensors, weights.trainer_state(), {"aliases": aliases}, is_best=True, asynchronous=False)
    for name, path in (("file", tmp_path / "model.pt"), ("folder", tmp_path / "save" / "best")):
        export(open_weights(path), tmp_path / name, "ctranslate2", None, words, "int8")
    files = [{p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("file", "folder")]
    assert files[0] == files[1]


def test_the_command_checks_and_a_wrong_weight_is_found(words: Path, tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "model.pt", "pre-norm")
    arguments = ["checkpoint", "export", checkpoint, tmp_path / "out", "--to", "ctranslate2", "--data", words,
                 "--quantization", "int8", "--check"]  # fmt: skip
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0 and "largest difference" in done.output
    state = torch.load(checkpoint, weights_only=False)  # made by this test
    state["model"]["decoder.layers.0.encoder_attn.k_proj.weight"] *= -3
    torch.save(state, tmp_path / "other.pt")
    assert difference(tmp_path / "other.pt", tmp_path / "out") > 0.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"adaptive_softmax_cutoff": "10,20"}, "adaptive_softmax_cutoff is 10,20"),
        ({"cross_self_attention": True}, "cross_self_attention is True"),
        ({"activation_fn": "relu_squared"}, "activation_fn is relu_squared; CTranslate2 has relu, gelu"),
        ({"decoder_output_dim": 16}, "decoder_output_dim is 16, not the decoder's width 32"),
    ],
)
def test_what_ctranslate2_cannot_express_is_named(
    changes: dict[str, Any], message: str, words: Path, tmp_path: Path
) -> None:
    checkpoint = make_checkpoint(tmp_path / "model.pt", "pre-norm", **changes)
    with pytest.raises(UserError, match=message):
        export(open_weights(checkpoint), tmp_path / "out", "ctranslate2", None, words)
    assert not (tmp_path / "out").exists()


def test_no_tensor_is_left_out_or_invented(words: Path, tmp_path: Path) -> None:
    checkpoint = make_checkpoint(tmp_path / "model.pt", "pre-norm")
    state = torch.load(checkpoint, weights_only=False)  # made by this test
    state["model"]["decoder.layers.0.attn_ln.weight"] = torch.ones(32)
    torch.save(state, tmp_path / "more.pt")
    with pytest.raises(UserError, match=r"no place for 'decoder\.layers\.0\.attn_ln\.weight'"):
        export(open_weights(tmp_path / "more.pt"), tmp_path / "out", "ctranslate2", None, words)
    del state["model"]["decoder.layers.0.attn_ln.weight"], state["model"]["encoder.layers.1.fc1.bias"]
    torch.save(state, tmp_path / "less.pt")
    with pytest.raises(UserError, match=r"has no tensor 'encoder\.layers\.1\.fc1\.bias'"):
        export(open_weights(tmp_path / "less.pt"), tmp_path / "out", "ctranslate2", None, words)


def test_wrong_options_and_folders_are_one_sentence(words: Path, tmp_path: Path) -> None:
    weights = open_weights(make_checkpoint(tmp_path / "model.pt", "pre-norm"))

    def refused(match: str, dtype: torch.dtype | None, data: Path | None, quantization: str, to: str) -> None:
        with pytest.raises(UserError, match=match):
            export(weights, tmp_path / "out", to, dtype, data, quantization)

    refused("needs --data", None, None, "", "ctranslate2")
    refused("--quantization int4: unknown", None, words, "int4", "ctranslate2")
    refused("use --quantization", torch.float16, words, "", "ctranslate2")
    refused("--to safetensors has --dtype", None, words, "int8", "safetensors")
    (tmp_path / "dict.txt").write_text("a 1\n")
    refused(r"was trained with 120 symbols, .*dict\.txt has 5", None, tmp_path, "", "ctranslate2")
    twice = (words / "dict.txt").read_text(encoding="utf-8").replace("▁w0 ", "</s> ")
    (tmp_path / "dict.txt").write_text(twice, encoding="utf-8")
    refused("lists one of <s>", None, tmp_path, "", "ctranslate2")
    assert not (tmp_path / "out").exists()


MEMORY = """
import resource, sys
from pathlib import Path
from vega.checkpoints.export import export
from vega.checkpoints.sources import open_weights
weights = open_weights(Path(sys.argv[1]))
weights.tensor("encoder.layers.0.fc1.weight")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
export(weights, Path(sys.argv[2]), "ctranslate2", None, Path(sys.argv[3]), "int8")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_holds_the_small_model_not_the_checkpoint(words: Path, tmp_path: Path) -> None:
    """12 layers with 16 MiB of feed-forward weights in fp32: about 200 MiB, of which int8 keeps a quarter.

    A sharded checkpoint, whose file is read, not mapped, so the figure is ours alone.
    """
    checkpoint = make_checkpoint(tmp_path / "model.pt", "pre-norm")
    state = torch.load(checkpoint, weights_only=False)  # made by this test
    small = state["model"]
    big = dict(small)
    for number in range(12):
        for name in [name for name in small if name.startswith("encoder.layers.0.")]:
            big[name.replace(".0.", f".{number}.", 1)] = small[name]
        big[f"encoder.layers.{number}.fc1.weight"] = torch.randn(65536, 32)
        big[f"encoder.layers.{number}.fc1.bias"] = torch.randn(65536)
        big[f"encoder.layers.{number}.fc2.weight"] = torch.randn(32, 65536)
    first: dict[int, str] = {}
    aliases = {f"model.{n}": f"model.{first.setdefault(t.data_ptr(), n)}" for n, t in big.items()}
    aliases = {name: stored for name, stored in aliases.items() if name != stored}
    tensors = {f"model.{n}": t for n, t in big.items() if f"model.{n}" not in aliases}
    options = {"cfg": state["cfg"]}
    store(tmp_path / "save").save(1, tensors, options, {"aliases": aliases}, is_best=False, asynchronous=False)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "save"), str(tmp_path / "out"), str(words)],
        capture_output=True, text=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "out" / "model.bin").stat().st_size
    assert written > 48 * 2**20
    assert int(done.stdout) * 1024 < written + 70 * 2**20
