"""Models that write the last token first: trained so, scored so, and their text comes out forwards."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fairseq_plugins.forced_scores import ForcedScorer
from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.sampling import Sampling
from fairseq_plugins.tasks.multidirectional import MultidirectionalConfig, MultidirectionalTask
from fairseq_plugins.translator import FairseqTranslator, Search
from tests.fairseq_plugins.decoding.conftest import trained
from tests.fairseq_plugins.running import run_train, train_arguments
from vega.checkpoints.export import export
from vega.checkpoints.sources import options_of
from vega.directions import parse_direction
from vega.errors import UserError
from vega.fairseq_command import train_command
from vega.settings import TrainSettings
from vega.settings.dev import NamedModel

EN_DE = parse_direction("en-de")
SOURCES = ["the red house", "old bird sings", "a fish eats near the tree", "tree", "", "the new bird"]
TARGETS = ["der rot Haus", "alt Vogel singt", "ein Fisch isst nah der Baum", "", "Baum", "Haus läuft ein alt der"]


def scorer(model: NamedModel, data: Path, max_tokens: int = 4096) -> ForcedScorer:
    return ForcedScorer.load(open_checkpoint(model.checkpoint), data, max_tokens)


def test_forced_scores_are_the_sums_of_the_models_log_probabilities(forward: NamedModel, data: Path) -> None:
    """Batch by batch of any size, and token by token without fairseq's scorer."""
    force = scorer(forward, data)
    together, task = force(SOURCES, TARGETS, EN_DE), force.task
    single = scorer(forward, data, max_tokens=40)(SOURCES, TARGETS, EN_DE)
    assert single.log_probabilities == pytest.approx(together.log_probabilities, abs=1e-4)
    many = force(SOURCES * 40, TARGETS * 40, EN_DE)  # more tokens than are in memory at once
    assert many.log_probabilities == pytest.approx(np.tile(together.log_probabilities, 40), abs=1e-4)
    for line, target, found, tokens in zip(SOURCES, TARGETS, *together, strict=True):
        source = torch.tensor([[task.tag("en"), *force.vocabulary.encode(line, "en"), 2]])
        written = [*force.vocabulary.encode(target, "de"), 2]
        before = torch.tensor([[task.tag("de"), *written[:-1]]])
        with torch.no_grad():
            table = force.models[0](source, torch.tensor([source.shape[1]]), before)[0][0].float().log_softmax(-1)
        assert found == pytest.approx(float(table[range(len(written)), written].sum()), abs=1e-4)
        assert tokens == len(written)


def test_an_ensembles_probabilities_are_averaged(forward: NamedModel, data: Path) -> None:
    force = scorer(forward, data)
    twice = ForcedScorer([force.models[0]] * 2, force.task, force.vocabulary)
    one, two = (each(SOURCES, TARGETS, EN_DE).log_probabilities for each in (force, twice))
    assert two == pytest.approx(one, abs=1e-3)


def test_scores_are_those_of_the_turned_pieces_read_forwards(backward: NamedModel, data: Path) -> None:
    """The same weights under a task that writes forwards, given the reversed pieces."""
    force = scorer(backward, data)
    assert force.task.cfg.right_to_left
    forwards = copy.copy(force.task)
    forwards.cfg = copy.deepcopy(force.task.cfg)
    forwards.cfg.right_to_left = False
    turned = ForcedScorer(force.models, forwards, Turned(force.vocabulary))  # type: ignore[arg-type]
    ours, theirs = force(SOURCES, TARGETS, EN_DE), turned(SOURCES, TARGETS, EN_DE)
    assert np.array_equal(ours.log_probabilities, theirs.log_probabilities)
    plain = ForcedScorer(force.models, forwards, force.vocabulary)(SOURCES, TARGETS, EN_DE)
    assert not np.allclose(ours.log_probabilities[:3], plain.log_probabilities[:3])


class Turned:
    """A vocabulary that reads German backwards."""

    def __init__(self, vocabulary: Any) -> None:
        self.vocabulary = vocabulary

    def encode(self, line: str, code: str) -> list[int]:
        tokens: list[int] = self.vocabulary.encode(line, code)
        return tokens[::-1] if code == "de" else tokens


def test_text_comes_out_forwards(backward: NamedModel, data: Path) -> None:
    """What the decoder writes is the text's pieces turned round, for translations, n-best lists and samples."""
    translator = FairseqTranslator([open_checkpoint(backward.checkpoint)], data, Search(beam=2))
    vocabulary = translator.vocabulary
    hypotheses = dict(translator._searched(SOURCES, EN_DE, translator.generator))
    outputs = translator.translate(SOURCES, EN_DE)
    for line, found in hypotheses.items():
        assert outputs[line] == vocabulary.decode(found[0]["tokens"][:-1].tolist()[::-1])
    assert any(len(set(found[0]["tokens"].tolist())) > 2 for found in hypotheses.values())
    for found in (translator.candidates(SOURCES, EN_DE), translator.candidates(SOURCES, EN_DE, sampling=Sampling(3))):
        assert all(each.text == vocabulary.decode(each.tokens) for candidates in found for each in candidates)
    assert [each[0].text for each in translator.candidates(SOURCES, EN_DE)] == outputs
    scores = translator.scorer()(SOURCES[:3], outputs[:3], EN_DE).log_probabilities
    best = [each[0].log_probability for each in translator.candidates(SOURCES[:3], EN_DE)]
    assert scores == pytest.approx(best, abs=1e-3)


def batches(data: Path, **changes: Any) -> list[dict[str, Any]]:
    config = MultidirectionalConfig(data=str(data), directions="en-de", train_subset="train", seed=1)
    for name, value in changes.items():
        setattr(config, name, value)
    task = MultidirectionalTask.setup_task(config)
    task.load_dataset("train")
    iterator = task.get_batch_iterator(task.datasets["train"], max_tokens=200, max_positions=(1024, 1024), seed=1)
    stream = iterator.next_epoch_itr()
    return [next(stream) for _ in range(8)]


@pytest.mark.parametrize("noise", ["", '{"typos": 0.5, "upper": 0.5, "merge": 0.5}'])
def test_only_the_target_is_turned_round_between_its_tag_and_its_end(data: Path, noise: str) -> None:
    """Of the same batches, with noise or without: noise reads and writes text forwards."""
    pairs = list(zip(batches(data, text_noise=noise), batches(data, text_noise=noise, right_to_left=True), strict=True))
    for left, right in pairs:
        assert torch.equal(left["id"], right["id"])
        assert torch.equal(left["net_input"]["src_tokens"], right["net_input"]["src_tokens"])
        before = zip(left["net_input"]["prev_output_tokens"], right["net_input"]["prev_output_tokens"], strict=True)
        for (a, b), (c, d) in zip(zip(left["target"], right["target"], strict=True), before, strict=True):
            length = int((a != 1).sum())
            assert b[:length].tolist() == [*a[: length - 1].flip(0).tolist(), 2]
            assert d.tolist() == [c[0], *b[: length - 1].tolist(), *[1] * (len(b) - length)]
    assert any(not torch.equal(left["target"], right["target"]) for left, right in pairs)


def test_resume_equals_an_uninterrupted_run(data: Path, tmp_path: Path) -> None:
    noise = '{"typos": 0.3, "merge": 0.2}'
    options = ("--right-to-left", "--text-noise", noise, "--disable-validation")
    whole = run_train(train_arguments(data, tmp_path / "a", 20, *options), tmp_path / "a.log")
    run_train(train_arguments(data, tmp_path / "b", 11, *options), tmp_path / "b.log")
    rest = run_train(train_arguments(data, tmp_path / "b", 20, *options), tmp_path / "c.log")
    assert [line["loss"] for line in rest] == [line["loss"] for line in whole[11:]]


def test_the_checkpoint_says_so_and_programs_that_would_not_know_are_refused(
    backward: NamedModel, forward: NamedModel, data: Path, tmp_path: Path
) -> None:
    weights = open_checkpoint(backward.checkpoint)
    assert options_of(weights, "task")["right_to_left"] is True
    for kind in ("ctranslate2", "huggingface"):
        with pytest.raises(UserError, match="writes from right to left"):
            export(weights, tmp_path / kind, kind, None, data)
    export(weights, tmp_path / "copy.pt", "fairseq", None, data)
    assert options_of(open_checkpoint(tmp_path / "copy.pt"), "task")["right_to_left"] is True
    with pytest.raises(UserError, match="opposite orders"):
        FairseqTranslator([open_checkpoint(forward.checkpoint), weights], data, Search())


def test_a_checkpoint_of_before_the_option_writes_forwards(forward: NamedModel, data: Path, tmp_path: Path) -> None:
    state = torch.load(forward.checkpoint, weights_only=False)  # made by this test
    del state["cfg"]["task"]["right_to_left"]
    torch.save(state, tmp_path / "old.pt")
    old, new = (
        FairseqTranslator([open_checkpoint(path)], data, Search()) for path in (tmp_path / "old.pt", forward.checkpoint)
    )
    assert not old.right_to_left
    assert old.translate(SOURCES, EN_DE) == new.translate(SOURCES, EN_DE)


@pytest.mark.parametrize("right_to_left", [True, False])
def test_the_setting_is_told_to_fairseq(tmp_path: Path, right_to_left: bool) -> None:
    settings = TrainSettings(data=tmp_path, directions=["en-de"], right_to_left=right_to_left)
    assert ("--right-to-left" in train_command(settings, tmp_path, on_gpu=False)) is right_to_left


def test_too_long_a_text_is_named(forward: NamedModel, data: Path) -> None:
    force = scorer(forward, data, max_tokens=20)
    with pytest.raises(UserError, match=r"Line 2 has \d+ tokens, the limit is 20 \('Haus Haus"):
        force(["tree", "tree"], ["Baum", "Haus " * 30], EN_DE)


def test_training_with_it_starts_from_a_model_without(forward: NamedModel, data: Path, tmp_path: Path) -> None:
    """As when both are tuned from one pre-trained model."""
    path = trained(data, tmp_path, "--right-to-left", "--finetune-from-model", str(forward.checkpoint), updates=3)
    assert options_of(open_checkpoint(path), "task")["right_to_left"] is True
