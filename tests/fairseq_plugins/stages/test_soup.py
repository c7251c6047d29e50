"""`vega soup`: on real models what the greedy choice promises."""

from __future__ import annotations

from pathlib import Path

import torch

from fairseq_plugins.stages import soup
from tests.fairseq_plugins.averaging import dev, named, of_update, read, same_bytes
from vega.checkpoints.sources import Average, open_weights
from vega.settings import Corpus
from vega.settings.dev import NamedModel
from vega.settings.soup import SoupSettings

Corpora = dict[str, Corpus]


def run(output: Path, data: Path, corpora: Corpora, models: list[NamedModel]) -> dict[str, object]:
    output.mkdir()
    soup.run(SoupSettings(**dev(data, corpora), models=models), output)
    return read(output / "soup.json")


def test_it_is_the_average_of_those_chosen_and_no_worse_than_the_best(
    checkpoints: Path, data: Path, corpora: Corpora, tmp_path: Path
) -> None:
    models = named(checkpoints, 60, 90, 120)
    content = run(tmp_path / "out", data, corpora, models)
    paths = {each.name: each.checkpoint for each in models}
    assert content["score"] >= max(content["singles"].values())  # type: ignore[attr-defined,operator]
    expected = Average([open_weights(paths[name]) for name in paths if name in content["soup"]])  # type: ignore[operator]
    found = open_weights(tmp_path / "out" / "checkpoints" / "checkpoint_best.pt")
    assert all(torch.equal(found.tensor(name), expected.tensor(name)) for name in expected.tensors())
    gain = read(tmp_path / "out" / "gain.json")
    assert gain["base"] == max(content["singles"], key=content["singles"].get)  # type: ignore[attr-defined,call-overload]
    assert gain["members"] == content["soup"] and gain["score"] == content["score"]
    assert [step["model"] for step in content["steps"] if step["joined"]] == content["soup"]  # type: ignore[attr-defined]
    run(tmp_path / "again", data, corpora, models)
    assert same_bytes(tmp_path / "out", tmp_path / "again")


def test_of_copies_it_is_the_model(checkpoints: Path, data: Path, corpora: Corpora, tmp_path: Path) -> None:
    path = of_update(checkpoints, 120)
    content = run(tmp_path / "out", data, corpora, [NamedModel(name=name, checkpoint=path) for name in ("a", "b", "c")])
    assert content["soup"] == ["a", "b", "c"]
    found, model = open_weights(tmp_path / "out" / "checkpoints" / "checkpoint_best.pt"), open_weights(path)
    assert all(torch.equal(found.tensor(name), model.tensor(name)) for name in model.tensors())
    assert content["uniform"]["gain"] == 0 == read(tmp_path / "out" / "gain.json")["gain"]  # type: ignore[index]
