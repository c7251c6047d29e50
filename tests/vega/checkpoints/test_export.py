"""Other formats hold the same numbers and compute the same; memory does not grow with the model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from fairseq_plugins.checkpoint_parity import largest_difference
from fairseq_plugins.loading import fairseq_model
from tests.fairseq_plugins.running import run_train, train_arguments
from tests.vega.checkpoints.saving import save, store, tensors
from vega.checkpoints.export import export_safetensors
from vega.checkpoints.inspect import describe, render
from vega.checkpoints.reshard import reshard
from vega.checkpoints.sources import Average, all_names, open_weights
from vega.checkpoints.verify import problems
from vega.cli import app
from vega.errors import UserError

runner = CliRunner()


def vega(*arguments: object) -> str:
    done = runner.invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sharded checkpoint of a few updates, and fairseq's own file of the same run."""
    data = request.getfixturevalue("data")
    folder = tmp_path_factory.mktemp("trained")
    for kind in ("sharded", "pt"):
        arguments = train_arguments(data, folder / kind, 4, "--disable-validation", "--checkpoint-format", kind)
        run_train(arguments, folder / "log")
    return folder


def test_a_sharded_checkpoint_and_fairseqs_file_of_one_run_are_equal(trained: Path, tmp_path: Path) -> None:
    vega("checkpoint", "export", trained / "sharded", tmp_path / "model.pt")
    ours = torch.load(tmp_path / "model.pt", weights_only=False)
    theirs = torch.load(trained / "pt" / "checkpoint_last.pt", weights_only=False)
    assert ours["model"].keys() == theirs["model"].keys()
    assert all(torch.equal(ours["model"][name], theirs["model"][name]) for name in theirs["model"])
    assert ours["extra_state"]["train_iterator"] == theirs["extra_state"]["train_iterator"]
    assert not [name for name in tmp_path.iterdir() if name.name != "model.pt"]


def test_every_export_computes_the_same(trained: Path, tmp_path: Path, data: Path) -> None:
    pytest.importorskip("transformers", reason="the Hugging Face side is its model")
    for to in ("fairseq", "huggingface"):
        vega("checkpoint", "export", trained / "sharded", tmp_path / to, "--to", to, "--data", data)
        assert largest_difference(trained / "sharded", tmp_path / to) < 1e-4
    assert (tmp_path / "huggingface" / "dict.txt").read_bytes() == (data / "dict.txt").read_bytes()
    with pytest.raises(UserError, match="already there"):
        vega("checkpoint", "export", trained / "sharded", tmp_path / "fairseq")


def test_a_difference_is_found(trained: Path, tmp_path: Path) -> None:
    """The parity check can fail."""
    vega("checkpoint", "export", trained / "sharded", tmp_path / "model.pt")
    state = torch.load(tmp_path / "model.pt", weights_only=False)
    state["model"]["decoder.layers.0.fc2.weight"] *= -3
    torch.save(state, tmp_path / "changed.pt")
    assert largest_difference(trained / "sharded", tmp_path / "changed.pt") > 1e-2


def test_post_norm_models_have_no_place_at_hugging_face(trained: Path, tmp_path: Path) -> None:
    vega("checkpoint", "export", trained / "sharded", tmp_path / "model.pt")
    state = torch.load(tmp_path / "model.pt", weights_only=False)
    state["cfg"]["model"].decoder_normalize_before = False
    torch.save(state, tmp_path / "post.pt")
    with pytest.raises(UserError, match="decoder_normalize_before is False"):
        vega("checkpoint", "export", tmp_path / "post.pt", tmp_path / "out", "--to", "huggingface")
    assert not (tmp_path / "out").exists()


def test_safetensors_in_several_files_hold_every_tensor_once(tmp_path: Path) -> None:
    save(store(tmp_path / "save"), 2)
    (tmp_path / "out").mkdir()
    export_safetensors(open_weights(tmp_path / "save"), tmp_path / "out", shard_bytes=100)
    index = json.loads((tmp_path / "out" / "model.safetensors.index.json").read_text())["weight_map"]
    loaded = {name: load_file(tmp_path / "out" / file)[name] for name, file in index.items()}
    expected = {name.removeprefix("model."): t for name, t in tensors(2).items() if name.startswith("model.")}
    assert loaded.keys() == expected.keys()
    assert all(torch.equal(loaded[name], expected[name]) for name in expected)
    assert len(set(index.values())) > 1


def test_the_average_is_the_mean_and_of_one_model(tmp_path: Path) -> None:
    for update in (1, 2, 3):
        save(store(tmp_path / "save"), update)
    parts = [open_weights(tmp_path / "save" / f"update_{update:08d}") for update in (1, 2, 3)]
    mean = Average(parts).tensor("a.weight")
    expected = torch.stack([tensors(update)["model.a.weight"].double() for update in (1, 2, 3)]).mean(0)
    assert torch.allclose(mean.double(), expected, atol=1e-7)
    assert torch.equal(Average([parts[0], parts[0]]).tensor("a.weight"), parts[0].tensor("a.weight"))
    torch.save({"model": {"x": torch.zeros(1)}}, tmp_path / "other.pt")
    with pytest.raises(UserError, match="not the same model"):
        Average([parts[0], open_weights(tmp_path / "other.pt")])


def test_resharding_changes_the_number_of_files_only(tmp_path: Path) -> None:
    save(store(tmp_path / "save"), 2)
    reshard(tmp_path / "save", tmp_path / "out", 3)
    assert len(list((tmp_path / "out").glob("*.distcp"))) == 3
    assert list(problems(tmp_path / "out", values=True)) == []
    before, after = open_weights(tmp_path / "save"), open_weights(tmp_path / "out")
    assert all(torch.equal(before.tensor(name), after.tensor(name)) for name in before.tensors())
    assert before.aliases() == after.aliases()


def test_inspection_shows_both_kinds(trained: Path) -> None:
    sharded, file = describe(trained / "sharded"), describe(trained / "pt" / "checkpoint_last.pt")
    for key in ("update", "epoch", "arch", "parameters", "largest"):
        assert sharded[key] == file[key], key
    assert "vega_tiny" in render(sharded) and "vega_tiny" in render(file)
    model = fairseq_model(open_weights(trained / "sharded"))
    assert sharded["parameters"] == sum(parameter.numel() for parameter in model.parameters())


def test_a_failed_verification_exits_with_1(tmp_path: Path) -> None:
    save(store(tmp_path), 1)
    (tmp_path / "last" / "__0_0.distcp").write_bytes(b"")
    done = runner.invoke(app, ["checkpoint", "verify", str(tmp_path)])
    assert done.exit_code == 1 and "damaged" in done.output


def test_a_file_of_another_kind_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_text("no checkpoint")
    with pytest.raises(UserError, match="not a checkpoint of fairseq"):
        open_weights(tmp_path / "x.pt")


MEMORY = """
import resource, sys
from pathlib import Path
import torch
from vega.checkpoints.export import export
from vega.checkpoints.sources import open_weights
weights = open_weights(Path(sys.argv[1]))
weights.tensor("t0")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
export(weights, Path(sys.argv[2]), sys.argv[3], None, None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_holds_a_few_tensors_not_the_model(tmp_path: Path) -> None:
    """50 tensors of 8 MiB; safetensors, whose pages are written, not mapped, so the figure is ours alone."""
    keeper = store(tmp_path / "save")
    big = {f"model.t{i}": torch.full((2 * 1024 * 1024,), float(i)) for i in range(50)}
    keeper.save(1, big, {"cfg": {}}, {"aliases": {}}, is_best=False, asynchronous=False)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path / "save"), str(tmp_path / "out"), "safetensors"],
        capture_output=True, text=True, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 80 * 1024  # KiB; the model is 400 MiB
    names = dict(all_names(open_weights(tmp_path / "save")))
    assert torch.equal(load_file(tmp_path / "out" / "model.safetensors")["t49"], big["model.t49"]) and len(names) == 50
