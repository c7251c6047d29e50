"""Reranking by several models: the features, the stage, and what the translate stage makes of its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.report.rerank import tables
from fairseq_plugins.decoders import open_decoder
from fairseq_plugins.decoders.rerank import Reranker, _different
from fairseq_plugins.forced_scores import ForcedScorer
from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.stages import rerank, translate
from fairseq_plugins.translator import Candidate, FairseqTranslator, Search
from vega.directions import parse_direction
from vega.errors import UserError
from vega.methods.mbr import pairwise_chrf
from vega.settings import Corpus, System, TranslateSettings
from vega.settings.dev import NamedModel
from vega.settings.rerank import RerankSettings

EN_DE, DE_EN, JA_EN = map(parse_direction, ("en-de", "de-en", "ja-en"))
LINES = ["the red house", "", "a fish eats near the tree"]


def translator(model: NamedModel, data: Path, **search: Any) -> FairseqTranslator:
    return FairseqTranslator([open_checkpoint(model.checkpoint)], data, Search(**search))


def scorer(model: NamedModel, data: Path) -> ForcedScorer:
    return ForcedScorer.load(open_checkpoint(model.checkpoint), data)


def settings(data: Path, corpus: Corpus, *models: NamedModel, **options: Any) -> RerankSettings:
    given = {"valid": [corpus], "directions": ["en-de", "de-en"], "lines": 12, "n_best": 4, "folds": 3, "restarts": 1}
    return RerankSettings(data=data, models=list(models), **{**given, **options})


def test_features_are_what_their_names_say(forward: NamedModel, backward: NamedModel, data: Path) -> None:
    made = translator(forward, data, length_penalty=0.8)
    back = scorer(backward, data)
    reranker = Reranker(made, 4, right_to_left=back, channel=made.scorer(), consensus=True)
    assert reranker.features == ["model", "right_to_left", "channel", "length", "consensus"]
    candidates = made.candidates(LINES, EN_DE, n_best=4)
    for line, found, all_of_line in zip(LINES, reranker.score(LINES, EN_DE), candidates, strict=True):
        first = {each.text: each for each in reversed(all_of_line)}
        assert found.texts == list(dict.fromkeys(each.text for each in all_of_line))
        size = len(made.vocabulary.encode(line, "en")) + 1
        for text, features in zip(found.texts, found.features, strict=True):
            ours, theirs = back([line], [text], EN_DE), made.scorer()([text], [line], DE_EN)
            others = [other for other in found.texts if other != text]
            like = pairwise_chrf([text], others).mean() / 100 if others else 1
            expected = [
                first[text].score,
                ours.log_probabilities[0] / ours.tokens[0] ** 0.8,
                theirs.log_probabilities[0] / size,
                (len(first[text].tokens) + 1) / size,
                like,
            ]
            assert features == pytest.approx(expected, abs=1e-4)


def test_of_equal_texts_the_likeliest_counts() -> None:
    found = [Candidate(text, score, score, []) for text, score in (("a", -1.0), ("b", -2.0), ("a", -3.0))]
    assert _different(found) == found[:2]


def test_only_the_models_weight_is_the_models_own_order(forward: NamedModel, backward: NamedModel, data: Path) -> None:
    made = translator(forward, data, beam=4)
    weights = {"model": 1.0, "right_to_left": 0.0, "length": 0.0}
    reranker = Reranker(made, 4, right_to_left=scorer(backward, data), weights=weights)
    assert reranker.translate(LINES, EN_DE) == made.translate(LINES, EN_DE)
    longest = Reranker(made, 4, weights={"model": 0.0, "length": 1.0}).translate(LINES, EN_DE)
    sizes = [[len(each.tokens) for each in found] for found in made.candidates(LINES, EN_DE)]
    expected = [
        found[size.index(max(size))].text for found, size in zip(made.candidates(LINES, EN_DE), sizes, strict=True)
    ]
    assert longest == expected


@pytest.fixture(scope="module")
def made(
    forward: NamedModel, backward: NamedModel, data: Path, corpora: dict[str, Corpus],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:  # fmt: skip
    folder = tmp_path_factory.mktemp("rerank")
    chosen = settings(data, corpora["dev"], forward, right_to_left=backward, channel=forward, consensus=True)
    rerank.run(chosen, folder)
    return folder


def test_the_stage_writes_weights_and_the_gain_on_folds_that_they_were_not_tuned_on(made: Path) -> None:
    decoder, gain, facts = (json.loads((made / f"{name}.json").read_text()) for name in ("decoder", "gain", "rerank"))
    assert decoder["models"] == ["forward", "r2l"] and decoder["forward"] == ["forward"]
    assert (decoder["right_to_left"], decoder["channel"], decoder["n_best"]) == ("r2l", "forward", 4)
    assert list(decoder["weights"]) == ["model", "right_to_left", "channel", "length", "consensus"]
    assert {each["feature"]: each["weight"] for each in facts["features"]} == decoder["weights"]
    assert gain["sentences"] == facts["sentences"] == 24 and len(gain["sets"]) == 2
    assert gain["gain"] == facts["gains"]["held out"]["gain"]
    assert gain["gain"] == pytest.approx(gain["score"] - gain["base_score"], abs=2e-3)
    alone, tuned = facts["features"][0]["alone"], facts["gains"]["tuned"]["score"]
    assert facts["oracle"] >= tuned > alone  # these models leave much to gain
    assert tuned >= gain["score"]
    features, chosen = tables(facts)
    assert [row[0] for row in features.rows] == list(decoder["weights"])
    assert chosen.rows[0][1] == f"{gain['score']:.2f}" and all(len(row) == 4 for row in chosen.rows)


def test_equal_seeds_give_equal_files(
    made: Path, forward: NamedModel, backward: NamedModel, data: Path, corpora: dict[str, Corpus], tmp_path: Path
) -> None:
    chosen = settings(data, corpora["dev"], forward, right_to_left=backward, channel=forward, consensus=True)
    rerank.run(chosen, tmp_path)
    assert (tmp_path / "decoder.json").read_text() == (made / "decoder.json").read_text()
    assert (tmp_path / "rerank.json").read_text() == (made / "rerank.json").read_text()


def test_no_sentence_is_judged_by_weights_that_saw_it(
    forward: NamedModel, data: Path, corpora: dict[str, Corpus], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each tuning is given the other folds only; a fold has the same lines in both directions."""
    seen: list[list[np.ndarray]] = []
    real = rerank.tune

    def recording(pools: Any, *args: Any, **options: Any) -> Any:
        seen.append([pool.statistics for pool in pools])
        return real(pools, *args, **options)

    monkeypatch.setattr(rerank, "tune", recording)
    rerank.run(settings(data, corpora["dev"], forward), tmp_path)
    whole, *rest = seen
    assert len(rest) == 3
    for part in range(2):
        assert sum(len(each[part]) for each in rest) == 2 * len(whole[part])  # each candidate in 2 of 3
        rows = np.concatenate([each[part] for each in rest])
        assert np.array_equal(np.sort(rows.sum(1)), np.sort(np.concatenate([whole[part]] * 2).sum(1)))


def test_the_translate_stage_gives_what_the_stage_had_on_dev(
    made: Path, forward: NamedModel, backward: NamedModel, data: Path, corpora: dict[str, Corpus], tmp_path: Path
) -> None:
    """All 12 lines of the dev set, as the stage drew them, are a test set."""
    dev = corpora["dev"].model_copy(update={"name": "dev"})
    system = System(name="reranked", kind="decoder", decoder=made, models=[forward, backward])
    sources = shared_lines(dev, tmp_path)
    stage = TranslateSettings(data=data, systems=[system], test=[sources], directions=["en-de", "de-en"], workers=1)
    stage = stage.model_copy(update={"beam": 2, "length_penalty": 0.3})  # weights belong to the stage's own
    translate.run(stage, tmp_path / "out")
    for direction in ("en-de.de", "de-en.en"):
        written = (tmp_path / "out/reranked" / f"dev.{direction}").read_text()
        assert written == (made / "dev" / f"dev.{direction}").read_text()
        assert written.count("\n") == 12


def shared_lines(corpus: Corpus, folder: Path) -> Corpus:
    """The lines of a corpus that a stage with `lines: 12` and seed 1 judges by."""
    kept = sorted(np.random.default_rng(1).permutation(21)[:12])
    for code, path in corpus.paths().items():
        lines = path.read_text(encoding="utf-8").splitlines()
        (folder / f"dev.{code}").write_text("".join(f"{lines[i]}\n" for i in kept), encoding="utf-8")
    return Corpus(name="dev", languages=corpus.languages, files=str(folder / "dev.{lang}"))


def test_mistakes_are_one_sentence(
    made: Path, forward: NamedModel, backward: NamedModel, data: Path, corpora: dict[str, Corpus], tmp_path: Path
) -> None:
    dev = corpora["dev"]
    with pytest.raises(UserError, match="writes in the same order"):
        rerank.run(settings(data, dev, forward, right_to_left=forward), tmp_path)
    with pytest.raises(UserError, match="must translate en-ja"):
        rerank.run(settings(data, dev, forward, channel=forward, directions=["ja-en"]), tmp_path)
    with pytest.raises(UserError, match="2 sentences, too few for folds: 3"):
        rerank.run(settings(data, dev, forward, lines=2), tmp_path)
    with pytest.raises(UserError, match="one name stands for two checkpoints"):
        wrong = NamedModel(name="forward", checkpoint=backward.checkpoint)
        rerank.run(settings(data, dev, forward, right_to_left=wrong), tmp_path)
    with pytest.raises(UserError, match="only feature"):
        settings(data, dev, forward, length=False)
    with pytest.raises(UserError, match="not given: r2l"):
        open_decoder(made, {"forward": forward.checkpoint}, data, Search())
    with pytest.raises(UserError, match=r"decoder\.json: no such file"):
        open_decoder(tmp_path, {}, data, Search())
    (tmp_path / "decoder.json").write_text('{"kind": "guess", "models": []}')
    with pytest.raises(UserError, match="kind 'guess' is unknown"):
        open_decoder(tmp_path, {}, data, Search())
    with pytest.raises(UserError, match="needs a decoder"):
        System(name="a", kind="decoder")
    with pytest.raises(UserError, match="are for kind decoder"):
        System(name="a", checkpoint=forward.checkpoint, models=[forward])
