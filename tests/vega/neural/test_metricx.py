"""MetricX by transformers' mT5: a tiny random model has the scores of google-research/metricx's formula."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from tokenizers.processors import TemplateProcessing
from transformers import MT5Config, MT5ForConditionalGeneration, PreTrainedTokenizerFast

from eval.neural.run import Job, score
from vega.errors import UserError
from vega.neural.assets import Assets, find_assets
from vega.neural.process import CHILD, request_of
from vega.settings import NeuralMetric

#: <extra_id_10> is number 250,089 in mT5's vocabulary.
VOCABULARY, SCORE_TOKEN = 250_112, 250_089
SPECIAL = ["<pad>", "</s>", "<unk>", "source:", "candidate:", "reference:"]
WORDS = [*SPECIAL, "the", "red", "house", "a", "fish", "das", "rote", "haus", "ein"]
SOURCE, OUTPUT, REFERENCE = ["the red house", "a fish"], ["das haus", "ein"], ["das rote haus", "ein fish"]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    words = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", model_max_length=512
    )


@pytest.fixture(scope="module")
def model(tokenizer: PreTrainedTokenizerFast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("metricx") / "metricx-24-hybrid-tiny"
    config = MT5Config(
        vocab_size=VOCABULARY, d_model=8, d_kv=4, d_ff=16, num_layers=1, num_decoder_layers=1, num_heads=2,
        tie_word_embeddings=False,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(1)
        tiny = MT5ForConditionalGeneration(config)
        for parameter in tiny.parameters():
            parameter.data.normal_(0, 0.7)
        tiny.lm_head.weight.data[SCORE_TOKEN] *= -2  # scores within 0..25
    tiny.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def by_formula(folder: Path, tokenizer: PreTrainedTokenizerFast, text: str) -> float:
    """Minus the clamped logit of the score's token after one start symbol; the input without its end symbol."""
    whole = MT5ForConditionalGeneration.from_pretrained(folder)
    ids = torch.tensor([tokenizer(text)["input_ids"][:-1]])
    with torch.no_grad():
        encoded = whole.encoder(input_ids=ids)[0]
        hidden = whole.decoder(input_ids=torch.zeros(1, 1, dtype=torch.long), encoder_hidden_states=encoded)[0]
        logit = whole.lm_head(hidden)[0, 0, SCORE_TOKEN]
    return -float(logit.clamp(0, 25))


class InThisProcess:
    """The child's adapter without a child: transformers is imported here already."""

    def __init__(self, metric: NeuralMetric, assets: Assets) -> None:
        self.model: Any = importlib.import_module("metricx_child").Model(request_of(metric, assets))
        self.package = self.model.package
        self.score, self.close = self.model.score, lambda: None


def test_scores_are_the_negated_error_scores(
    model: Path, tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(str(CHILD))
    monkeypatch.setattr("vega.neural.scorer.MetricProcess", InThisProcess)
    found = {}
    for kind in ("metricx-23", "metricx-24"):
        options = {"kind": kind, "path": model, "device": "cpu", "cache": str(tmp_path)}
        metrics = [NeuralMetric(**options, name="full"), NeuralMetric(**options, name="qe", references="none")]
        rows = score(metrics, [Job("dev", "en-de", "ours", SOURCE, OUTPUT, [REFERENCE])])
        found |= {(kind, row.name): row for (row,) in rows}
    texts = [f"source: {s} candidate: {o}" for s, o in zip(SOURCE, OUTPUT, strict=True)]
    expected = {
        ("metricx-24", "qe"): texts,
        ("metricx-24", "full"): [f"{text} reference: {r}" for text, r in zip(texts, REFERENCE, strict=True)],
        ("metricx-23", "qe"): [f"candidate: {o} source: {s}" for s, o in zip(SOURCE, OUTPUT, strict=True)],
        ("metricx-23", "full"): [f"candidate: {o} reference: {r}" for r, o in zip(REFERENCE, OUTPUT, strict=True)],
    }
    for name, inputs in expected.items():
        assert found[name].segments == pytest.approx([by_formula(model, tokenizer, each) for each in inputs], abs=1e-5)
        assert found[name].signature.split("|")[2:] == [
            f"package:transformers-{transformers.__version__}",
            f"refs:{'none' if name[1] == 'qe' else 1}",
            "sign:negated",
        ]
    values = {round(each, 4) for row in found.values() for each in row.segments}
    assert len(values) == 8  # one of them is 0, clamped


@pytest.mark.parametrize(("missing", "says"), [("config.json", "MetricX's model"), ("model.safetensors", "weights")])
def test_what_is_missing_is_named(model: Path, tmp_path: Path, missing: str, says: str) -> None:
    folder = tmp_path / "metricx-24-hybrid-large-v2p6"
    folder.mkdir()
    for file in model.iterdir():
        if file.name != missing:
            (folder / file.name).symlink_to(file)
    with pytest.raises(UserError, match=says) as caught:
        find_assets(NeuralMetric(kind="metricx-24", path=folder))
    assert str(folder) in str(caught.value)
