"""Aligning changes no output, fusion with one's own reordered copy changes nothing, and mismatches are said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from fairseq_plugins.checkpoint_parity import largest_difference
from fairseq_plugins.fusion.align import align_by_matrix, dev_batches, record
from tests.fairseq_plugins.fusing import KINDS, reordered, write_model
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.checkpoints.fuse import Fused, align, check_same_model, squared_distance, symmetry_of, write_fused
from vega.checkpoints.sources import Weights, all_names, open_weights
from vega.checkpoints.verify import problems
from vega.errors import UserError

pytest.importorskip("ot", reason="plans are POT's")

#: Log-probabilities of models in fp32 whose sums are in another order.
ROUNDING = 2e-5
DIRECTIONS = ["en-de", "de-en"]


def same(first: Weights, second: Weights) -> bool:
    names = dict(all_names(first))
    assert names.keys() == dict(all_names(second)).keys()
    return all(torch.equal(first.tensor(s), second.tensor(dict(all_names(second))[n])) for n, s in names.items())


@pytest.fixture(params=KINDS, scope="module")
def models(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A model, itself in another order, and a stranger."""
    folder = tmp_path_factory.mktemp(request.param)
    kind = KINDS[request.param]
    model = write_model(folder / "model.pt", 1, **kind)
    return model, reordered(model, folder / "copy.pt", 3), write_model(folder / "other.pt", 2, **kind)


def test_what_may_be_reordered_keeps_the_function(models: tuple[Path, Path, Path]) -> None:
    model, copy, other = models
    assert not same(open_weights(model), open_weights(copy))
    assert largest_difference(model, copy) < ROUNDING
    assert largest_difference(model, other) > 0.1  # the measure can tell


@pytest.mark.parametrize("p0", [0.1, 0.7, 1.0])
def test_fused_with_ones_own_reordered_copy_a_model_is_itself(models: tuple[Path, Path, Path], p0: float) -> None:
    model, copy, _ = (open_weights(path) for path in models)
    assert same(Fused(align(copy, model), model, p0, keep_embeddings=False), model)


def test_identical_models_fuse_to_themselves(models: tuple[Path, Path, Path]) -> None:
    model = open_weights(models[0])
    aligned = align(model, model)
    alignment = aligned.alignment
    assert same(Fused(aligned, model, 0.3), model)
    assert all(alignment.plan(axis).moved == 0 for group in alignment.symmetry.inner for axis in group.axes)


def test_alignment_alone_changes_places_and_no_output(models: tuple[Path, Path, Path], tmp_path: Path) -> None:
    first, second = open_weights(models[0]), open_weights(models[2])
    aligned = align(first, second)
    write_fused(aligned, tmp_path / "aligned.pt", "fairseq")
    assert largest_difference(models[0], tmp_path / "aligned.pt") < ROUNDING
    assert squared_distance(aligned, second) < 0.95 * squared_distance(first, second)
    alignment = aligned.alignment
    assert all(alignment.plan(axis).moved > 0.5 for group in alignment.symmetry.inner for axis in group.axes)
    assert squared_distance(first, first) == 0


def test_sinusoidal_positions_hold_the_residual_stream(tmp_path: Path) -> None:
    """Each side for itself, and both where they share embeddings."""
    found = {}
    for name, kind in KINDS.items():
        symmetry = symmetry_of(open_weights(write_model(tmp_path / f"{name}.pt", 1, **kind)))
        found[name] = ([group.axes[0] for group in symmetry.streams], list(symmetry.fixed))
    assert found == {
        "pre_norm": ([], ["stream"]),
        "post_norm": ([], ["stream"]),
        "learned": (["stream"], []),
        "untied": (["encoder.stream", "decoder.stream"], []),
        "half_learned_post_norm": (["decoder.stream"], ["encoder.stream"]),
    }
    shared = {"encoder_learned_pos": True, "decoder_learned_pos": False}
    symmetry = symmetry_of(open_weights(write_model(tmp_path / "one.pt", 1, **shared)))
    assert (symmetry.streams, symmetry.fixed) == ((), ("stream",))


def test_streamed_is_what_dense_matrices_give(models: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """File and folder, exact and soft; embeddings are the second model's."""
    first, second = open_weights(models[0]), open_weights(models[2])
    for regularisation in (0.0, 0.4):
        aligned = align(first, second, None, regularisation)
        alignment = aligned.alignment
        write_fused(Fused(aligned, second, 0.25), tmp_path / f"{regularisation}.pt", "fairseq")
        write_fused(Fused(aligned, second, 0.25), tmp_path / f"{regularisation}", "sharded")
        fused = open_weights(tmp_path / f"{regularisation}.pt")
        assert same(fused, open_weights(tmp_path / f"{regularisation}"))
        assert list(problems(tmp_path / f"{regularisation}", values=True)) == []
        for name, axes in alignment.symmetry.axes.items():
            expected, ours = second.tensor(name), first.tensor(name)
            if "embed_" not in name:
                for at, axis in enumerate(axes):
                    if axis is not None:
                        size = ours.shape[at]
                        matrix = alignment.plan(axis).move(torch.eye(size), 1)
                        assert torch.allclose(matrix.sum(0), torch.ones(size))
                        ours = torch.tensordot(ours, matrix, dims=([at], [0])).movedim(-1, at)
                expected = 0.25 * ours + 0.75 * expected
            assert torch.allclose(fused.tensor(name), expected, atol=1e-5), name
    state = torch.load(tmp_path / "0.0.pt", weights_only=False)  # made by this test
    assert state["last_optimizer_state"] is None
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def task(data: Path) -> dict[str, Any]:
    return {"data": str(data), "directions": ",".join(DIRECTIONS)}


@pytest.mark.parametrize("kind", ["learned", "half_learned_post_norm"])
def test_activations_find_ones_own_reordered_copy(data: Path, tmp_path: Path, kind: str) -> None:
    path = write_model(tmp_path / "model.pt", 1, vocabulary(data), task(data), **KINDS[kind])
    other = open_weights(write_model(tmp_path / "other.pt", 2, vocabulary(data), task(data), **KINDS[kind]))
    model, copy = open_weights(path), open_weights(reordered(path, tmp_path / "copy.pt", 3))
    batches = dev_batches(model, data, DIRECTIONS, 300, 1)
    features = [record(each, batches, tmp_path / str(at)) for at, each in enumerate((model, copy, other))]
    assert squared_distance(copy, model) > 0
    assert same(align(copy, model, (features[1], features[0])), model)
    aligned = align(model, other, (features[0], features[2]))
    assert not same(aligned, model)
    write_fused(aligned, tmp_path / "aligned.pt", "fairseq")
    assert largest_difference(path, tmp_path / "aligned.pt") < ROUNDING


def test_both_models_see_the_same_tokens_and_no_padding(data: Path, tmp_path: Path) -> None:
    weights = open_weights(write_model(tmp_path / "model.pt", 1, vocabulary(data), task(data), **KINDS["learned"]))
    batches = dev_batches(weights, data, DIRECTIONS, 100, 1, max_tokens=60)
    source, target = (sum(int(b[i].sum()) for b in batches) for i in (2, 3))
    assert 100 <= target < 160
    assert target < sum(b.previous.numel() for b in batches)
    features = record(weights, batches, tmp_path / "features")
    assert features("decoder.layers.1.ffn").shape == (24, 2 * target)
    assert features("decoder.layers.1.encoder_attn.qk").shape == (16, target + source)
    assert features("encoder.layers.0.self_attn.vo").shape == (16, 2 * source)
    assert features("stream").shape == (16, 3 * source + 3 * target)
    again = record(weights, batches, tmp_path / "again")
    assert torch.equal(features("stream"), again("stream"))


@pytest.mark.parametrize("kind", ["pre_norm", "untied"])
def test_the_papers_alignment_is_a_permutation_of_each_matrix_alone(data: Path, tmp_path: Path, kind: str) -> None:
    first, second = (
        write_model(
            tmp_path / f"{seed}.pt",
            seed,
            vocabulary(data),
            task(data),
            **{**KINDS[kind], "encoder_layers": 1, "decoder_layers": 1},
        )
        for seed in (1, 2)
    )
    weights = open_weights(first), open_weights(second)
    batches = dev_batches(weights[0], data, DIRECTIONS, 50, 1)
    align_by_matrix(*weights, batches, tmp_path / "aligned.pt")
    aligned = open_weights(tmp_path / "aligned.pt")
    for name in weights[0].tensors():
        before, after = weights[0].tensor(name), aligned.tensor(name)
        assert torch.equal(before.flatten().sort()[0], after.flatten().sort()[0]), name
        assert torch.equal(before, after) == ("embed_" in name or name.endswith("version")), name
    assert largest_difference(first, tmp_path / "aligned.pt") > 1e-2  # the function is another: heads are torn apart
    same_model = align_to_itself(weights[0], batches, tmp_path)
    assert same(same_model, weights[0])


def align_to_itself(weights: Weights, batches: Any, folder: Path) -> Weights:
    align_by_matrix(weights, weights, batches, folder / "itself.pt")
    return open_weights(folder / "itself.pt")


def vocabulary(data: Path) -> int:
    return 4 + sum(1 for _ in (data / "dict.txt").open(encoding="utf-8"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocabulary": 51}, "50 symbols and .* 51"),
        ({"encoder_ffn_embed_dim": 32}, "not one size"),
        ({"decoder_layers": 3}, "'decoder.layers.2.* in only one of .*not one architecture"),
        ({"encoder_attention_heads": 2}, "encoder_attention_heads is 4 in .* 2 in .*not one architecture"),
        ({"activation_fn": "gelu"}, "activation_fn is relu"),
        ({"encoder_learned_pos": True}, "embed_positions.* only one"),
        ({"share_all_embeddings": False, "share_decoder_input_output_embed": True}, "is tied in only one"),
    ],
)
def test_models_that_differ_are_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    first, second = write_model(tmp_path / "1.pt", 1), write_model(tmp_path / "2.pt", 2, **changes)
    with pytest.raises(UserError, match=message):
        check_same_model(open_weights(first), open_weights(second))


def test_dictionaries_that_differ_are_refused(tmp_path: Path) -> None:
    paths = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dict.txt").write_text(f"{name} 1\n", encoding="utf-8")
        paths.append(write_model(tmp_path / f"{name}.pt", 1, task={"data": str(tmp_path / name)}))
    with pytest.raises(UserError, match="differ: models are fused that have one vocabulary"):
        check_same_model(*map(open_weights, paths))


def test_tensors_of_unknown_meaning_are_only_averaged(tmp_path: Path) -> None:
    state = torch.load(write_model(tmp_path / "model.pt", 1), weights_only=False)  # made by this test
    state["model"]["encoder.layers.0.adapter.weight"] = torch.zeros(3, 3)
    torch.save(state, tmp_path / "strange.pt")
    strange = open_weights(tmp_path / "strange.pt")
    with pytest.raises(UserError, match=r"adapter.weight' is of no kind .* `align: none`"):
        align(strange, strange)
    assert same(Fused(strange, strange, 0.3), strange)


def test_what_the_solvers_cannot_do_is_one_sentence(tmp_path: Path) -> None:
    """While tensors are read, long after alignment was asked for."""
    model = write_model(tmp_path / "model.pt", 1)
    state = torch.load(model, weights_only=False)  # made by this test
    state["model"]["encoder.layers.0.fc1.weight"][0, 0] = float("nan")
    torch.save(state, tmp_path / "damaged.pt")
    aligned = align(open_weights(tmp_path / "damaged.pt"), open_weights(model))
    with pytest.raises(UserError, match=r"damaged\.pt: .* not finite"):
        aligned.tensor("encoder.layers.0.fc1.weight")


def test_training_goes_on_from_a_fused_checkpoint(data: Path, tmp_path: Path) -> None:
    """The usual way on, by file and by folder; both begin with the same loss."""
    for name, seed in (("ri", "7"), ("pt", "8")):
        run_train(train_arguments(data, tmp_path / name, 2, "--disable-validation", "--seed", seed), tmp_path / "log")
    begun = {}
    for to in ("fairseq", "sharded", "nothing"):
        more = ["--disable-validation"]
        if to != "nothing":
            parents = [open_weights(tmp_path / name / "checkpoint_last.pt") for name in ("ri", "pt")]
            write_fused(Fused(align(*parents), parents[1], 0.1), tmp_path / to, to)
            more += ["--finetune-from-model", str(tmp_path / to)]
        line = run_train(train_arguments(data, tmp_path / f"on_{to}", 1, *more), tmp_path / "log")[0]
        begun[to] = line["loss"], line["gnorm"]
    assert begun["fairseq"] == begun["sharded"] != begun["nothing"]
