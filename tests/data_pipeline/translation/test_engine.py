"""CTranslate2's search is fairseq's; sampling can be repeated; no line is lost or takes others with it."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from data_pipeline.translation.contract import Hypothesis, Search, Translation
from data_pipeline.translation.engine import CTranslate2Engine, EngineSettings
from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.translator import FairseqTranslator
from fairseq_plugins.translator import Search as FairseqSearch
from tests.fairseq_plugins.running import WORDS
from vega.checkpoints.ctranslate2 import token_log_probabilities
from vega.directions import parse_direction
from vega.errors import UserError
from vega.settings import Form
from vega.vocabulary import EOS, write_form

EN_DE, EN_JA = parse_direction("en-de"), parse_direction("en-ja")
SAMPLING = Search(method="sampling", seed=5)


def english(count: int) -> list[str]:
    rng = random.Random(3)
    return [" ".join(rng.choices(WORDS["en"], k=rng.randint(1, 7))) for _ in range(count)]


@pytest.fixture(scope="module")
def engine(model: Path) -> CTranslate2Engine:
    return CTranslate2Engine(EngineSettings(model, "cpu", "float32"))


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """No symbol forbidden, in neither engine. CTranslate2 gives a forbidden symbol's probability to the others,
    fairseq gives it to none, which a model as little trained as this one feels."""
    options = CTranslate2Engine._options

    def all_allowed(self: CTranslate2Engine, search: Search, longest: int) -> dict[str, Any]:
        changes = {"min_decoding_length": 0, "suppress_sequences": [], "disable_unk": False}
        return {**options(self, search, longest), **changes}

    monkeypatch.setattr(CTranslate2Engine, "_options", all_allowed)


def best(found: list[Translation]) -> list[str]:
    return [translation.hypotheses[0].text for translation in found]


@pytest.mark.parametrize(("length_penalty", "max_len_b"), [(1.0, 20), (0.6, 3)])
def test_beam_search_finds_what_fairseqs_finds(
    length_penalty: float, max_len_b: int, checkpoint: Path, words: Path, engine: CTranslate2Engine, plain: None
) -> None:
    """Lines whose output was cut off are left out: fairseq puts an end there, CTranslate2 does not."""
    lines = english(150)
    options: dict[str, Any] = {"beam": 4, "length_penalty": length_penalty, "max_len_b": max_len_b, "max_tokens": 400}
    reference = FairseqTranslator([open_checkpoint(checkpoint)], words, FairseqSearch(**options))
    reference.generator.min_len = 0
    expected = reference.translate(lines, EN_DE)
    found = engine(lines, EN_DE, Search(**options))
    ended = [i for i, translation in enumerate(found) if translation.hypotheses[0].finished]
    same = [i for i in ended if found[i].hypotheses[0].text == expected[i]]
    assert len(ended) > 75
    assert len(same) >= 0.98 * len(ended)  # equal scores may be ordered otherwise
    assert len(set(best(found))) > 50


def test_scores_are_the_models(engine: CTranslate2Engine, model: Path, plain: None) -> None:
    lines = english(20)
    number = engine.vocabulary
    for power in (1.0, 0.0):
        found = engine(lines, EN_DE, Search(beam=1, length_penalty=power))
        for line, (hypotheses, source_tokens, _) in zip(lines, found, strict=True):
            text, score, tokens, finished = hypotheses[0]
            target = [number.tag_number("de"), *number.encode(text, "de"), EOS]
            if not finished or len(target) != tokens + 1:  # text can be cut into other pieces
                continue
            source = [number.tag_number("en"), *number.encode(line, "en"), EOS]
            assert source_tokens == len(source)
            (values,) = token_log_probabilities(model, [source], [target])
            assert score == pytest.approx(sum(values) / tokens**power, abs=1e-4)


def test_lines_stay_in_order_empty_ones_empty_and_long_ones_are_named(engine: CTranslate2Engine) -> None:
    lines = ["the red house", "", "old bird sings", " \u200b ", "house " * 2000, "the red house"]
    found = engine(lines, EN_DE, Search(beam=2, max_tokens=500))
    assert found[1] == found[3] == Translation([Hypothesis("", 0.0, 0, True)], 2, None)
    assert found[4].hypotheses == [] and found[4].error is not None and "the limit is 500" in found[4].error
    assert found[0] == found[5] != found[2]
    assert found[0].hypotheses[0].text and found[0].error is None
    assert engine(lines[::-1], EN_DE, Search(beam=2, max_tokens=500)) == found[::-1]
    assert engine([], EN_DE, Search()) == []
    alone = engine(["house " * 2000], EN_DE, Search(max_tokens=10**6))[0]
    assert alone.error is not None and "the limit is 1,024" in alone.error


def test_the_target_tag_decides_the_language(engine: CTranslate2Engine) -> None:
    lines = ["house tree", "bird sings"]
    german, japanese = (" ".join(best(engine(lines, d, Search()))) for d in (EN_DE, EN_JA))
    assert any(letter in japanese for word in WORDS["ja"] for letter in word)
    assert not any(letter in german for word in WORDS["ja"] for letter in word)
    with pytest.raises(UserError, match="has no tag __cs__"):
        engine(lines, parse_direction("en-cs"), Search())


def test_text_is_read_in_the_form_of_training(engine: CTranslate2Engine, model: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "model")
    write_form(tmp_path / "model", Form(width=True, punctuation=True))
    formed = CTranslate2Engine(EngineSettings(tmp_path / "model", "cpu", "float32"))
    line, plain = "“ｈｏｕｓｅ” tree", '"house" tree'
    assert formed([line], EN_JA, Search()) == engine([plain], EN_JA, Search()) != engine([line], EN_JA, Search())
    pairs, ready = [("“house”", "“Ａ”")], [('"house"', "“A”")]  # Japanese keeps its quotation marks
    assert formed.score(pairs, EN_JA, 400) == engine.score(ready, EN_JA, 400) != engine.score(pairs, EN_JA, 400)


def test_n_best_are_different_and_in_order(engine: CTranslate2Engine) -> None:
    for translation in engine(english(10), EN_DE, Search(beam=5, n_best=3)):
        scores = [hypothesis.score for hypothesis in translation.hypotheses]
        assert len(scores) == 3 and scores == sorted(scores, reverse=True)


def test_the_longest_output_is_bounded(engine: CTranslate2Engine) -> None:
    found = engine(["the red house runs"], EN_DE, Search(beam=1, max_len_a=0, max_len_b=2))[0].hypotheses[0]
    assert found.tokens == 3 and not found.finished


def test_a_seed_gives_the_same_samples_whatever_was_done_before(model: Path, engine: CTranslate2Engine) -> None:
    lines = english(60)
    first = engine(lines, EN_DE, SAMPLING)
    engine(lines[:7], EN_DE, Search(beam=2))
    engine(lines[:9], EN_DE, SAMPLING)
    assert engine(lines, EN_DE, SAMPLING) == first
    assert CTranslate2Engine(engine.settings)(lines, EN_DE, SAMPLING) == first
    other = engine(lines, EN_DE, Search(method="sampling", seed=6))
    assert best(other) != best(first)
    assert best(engine(lines, EN_DE, Search(beam=1))) != best(first)


def test_sampling_obeys_top_k_temperature_and_n_best(engine: CTranslate2Engine) -> None:
    lines = english(30)
    greedy = best(engine(lines, EN_DE, Search(beam=1)))
    assert best(engine(lines, EN_DE, Search(method="sampling", top_k=1))) == greedy
    several = engine(lines, EN_DE, Search(method="sampling", top_k=5, n_best=3, temperature=0.9))
    assert all(len(translation.hypotheses) == 3 for translation in several)
    assert sum(len({h.text for h in translation.hypotheses}) > 1 for translation in several) > 15

    def likelihood(temperature: float) -> float:
        found = engine(lines, EN_DE, Search(method="sampling", temperature=temperature))
        return sum(translation.hypotheses[0].score for translation in found)

    assert likelihood(0.3) > likelihood(1.0) > likelihood(3.0)


def test_symbols_that_are_no_text_are_never_put_out(engine: CTranslate2Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[int] = set()
    decode = engine.vocabulary.decode

    def recording(numbers: Any) -> str:
        tokens = list(numbers)
        seen.update(tokens)
        return decode(tokens)

    monkeypatch.setattr(engine.vocabulary, "decode", recording)
    engine(english(100), EN_DE, Search(method="sampling", temperature=20.0, n_best=3))
    tags = {engine.vocabulary.numbers[tag] for tag in engine.vocabulary.tags}
    assert len(seen) > 200
    assert seen & ({0, 1, 3} | tags) == set()


def test_threads_change_no_output_of_beam_search(model: Path, engine: CTranslate2Engine) -> None:
    lines = english(100)
    search = Search(beam=3, max_tokens=100)
    parallel = CTranslate2Engine(EngineSettings(model, "cpu", "float32", threads=2))
    assert best(parallel(lines, EN_DE, search)) == best(engine(lines, EN_DE, search))


def test_auto_takes_int8_on_a_cpu(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctranslate2.get_cuda_device_count", lambda: 0)
    chosen = CTranslate2Engine(EngineSettings(model))
    assert (chosen.device, chosen.compute_type) == ("cpu", "int8")
    assert chosen(["the red house"], EN_DE, Search())[0].hypotheses[0].text


def test_mistakes_are_one_sentence(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no model of CTranslate2. Make one with `vega checkpoint export"):
        CTranslate2Engine(EngineSettings(tmp_path))
    with pytest.raises(UserError, match=r"Compute type int4: this cpu has .*float32"):
        CTranslate2Engine(EngineSettings(model, "cpu", "int4"))
    with pytest.raises(UserError, match=r"A beam of 2 has no 3 best"):
        Search(beam=2, n_best=3)
    with pytest.raises(UserError, match="temperature above 0"):
        Search(method="sampling", temperature=0)
    foreign = tmp_path / "foreign"
    shutil.copytree(model, foreign)
    config = json.loads((foreign / "config.json").read_text())
    del config["max_source_positions"]
    (foreign / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="was not written by `vega checkpoint export`"):
        CTranslate2Engine(EngineSettings(foreign))
