"""`vega_e2s2`: what it computes, on which tokens, and that nothing else gets in."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from fairseq.logging import metrics
from torch import Tensor, nn

from fairseq_plugins.criterions.e2s2 import E2S2Config, E2S2Criterion
from fairseq_plugins.criterions.label_smoothed_cross_entropy import FusedLabelSmoothedCrossEntropy
from fairseq_plugins.models.encoder_width import build_model, encoder_width
from fairseq_plugins.tasks.text_streams import TextStreamsTask
from tests.fairseq_plugins.models.batches import EOS, PAD, SYMBOLS, arguments, batch, pair
from tests.vega.test_model_sizes import TaskWith
from vega.errors import UserError
from vega.ops.contrastive import nt_xent

EN, DE, MASK = SYMBOLS - 3, SYMBOLS - 2, SYMBOLS - 1
LABELS = ("original", "shuffled", "replaced")
PARTS = ("clean_loss", "noised_loss", "denoising_loss", "contrastive_loss")
SUMS = ("loss", "nll_loss", *PARTS, *(f"{kind}_{name}" for kind in ("found", "there") for name in LABELS))


def task(width: int = 16) -> Any:
    """A vocabulary with two languages and a mask."""
    made: Any = TaskWith(SYMBOLS - 3)
    for symbol in ("__en__", "__de__", "__mask__"):
        made.source_dictionary.add_symbol(symbol)
    made.cfg, made.encoder_width = Namespace(data="DATA"), width
    return made


def criterion(of: Any = None, training: bool = True, dropout: float = 0.0, **options: Any) -> E2S2Criterion:
    torch.manual_seed(5)
    given = {"sentence_avg": False, "label_smoothing": 0.1, "seed": 3} | {
        name if name in ("seed", "sentence_avg") else f"e2s2_{name}": value for name, value in options.items()
    }
    made = E2S2Criterion(of or task(), E2S2Config(**given))
    if made.classifier is not None:
        made.classifier.dropout.p = dropout
    return made.train(training)


def example(left: bool = False) -> dict[str, Any]:
    """Sentences whose source begins with a tag and ends with </s>, as ours do, some tags and masks in the text."""
    sample: dict[str, Any] = batch([12, 17, 9, 14], [4, 12, 6, 9], left=left)
    source, lengths = sample["net_input"]["src_tokens"], sample["net_input"]["src_lengths"].tolist()
    for row, length in enumerate(lengths):
        begin = source.shape[1] - length if left else 0
        source[row, begin], source[row, begin + length - 1] = EN, EOS
    sample["net_input"]["prev_output_tokens"][:, 0] = DE
    return {**sample, "id": torch.tensor([7, 1, 4, 30])}


@contextmanager
def watched(model: Any) -> Iterator[list[dict[str, Tensor]]]:
    """What the model is called with."""
    calls: list[dict[str, Tensor]] = []
    handle = model.register_forward_pre_hook(lambda module, args, kwargs: calls.append(kwargs), with_kwargs=True)
    yield calls
    handle.remove()


def parts(made: E2S2Criterion, model: Any, sample: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in made(model, sample)[2].items()}


@pytest.mark.parametrize("ours", [True, False], ids=["packed", "stock"])
@pytest.mark.parametrize("left", [False, True])
def test_without_its_parts_it_is_the_plain_criterion_bit_for_bit(ours: bool, left: bool) -> None:
    model, sample = pair(dropout=0.3)[0 if ours else 1], example(left)
    torch.manual_seed(1)
    plain = FusedLabelSmoothedCrossEntropy(task(), sentence_avg=False, label_smoothing=0.1)(model, sample)
    made = criterion(noised_weight=0.0, clean_weight=1.0, denoising_weight=0.0, contrastive_weight=0.0)
    torch.manual_seed(1)
    loss, size, logged = made(model, sample)
    assert torch.equal(loss, plain[0]) and size == plain[1] and not list(made.parameters())
    assert all(float(logged[name]) == float(value) for name, value in plain[2].items())


def by_hand(model: Any, made: E2S2Criterion, sample: dict[str, Any]) -> dict[str, Tensor]:
    """The parts from one pass for each version, sentence by sentence where that is possible."""
    source, target = sample["net_input"]["src_tokens"], sample["target"]
    noised, labels = made._noised(source, sample["id"])
    plain = FusedLabelSmoothedCrossEntropy(task(), sentence_avg=False, label_smoothing=0.1)
    inputs = sample["net_input"]
    second = {**sample, "net_input": {**inputs, "src_tokens": noised}}
    encoded = [model.encoder(t, inputs["src_lengths"])["encoder_out"][0].transpose(0, 1) for t in (source, noised)]
    vectors = [
        torch.stack([row[real].mean(0) for row, real in zip(states, source.ne(PAD), strict=True)]) for states in encoded
    ]
    told = torch.cat([row[mine != -100] for row, mine in zip(encoded[1], labels, strict=True)])
    assert made.classifier is not None
    return {
        "clean_loss": plain(model, sample)[0],
        "noised_loss": plain(model, second)[0],
        "denoising_loss": F.cross_entropy(made.classifier.output(told), labels[labels != -100], reduction="sum"),
        "contrastive_loss": nt_xent(*vectors, 0.5) * int(target.ne(PAD).sum()) / len(target),
    }


@pytest.mark.parametrize("ours", [True, False], ids=["packed", "stock"])
@pytest.mark.parametrize("left", [False, True])
def test_the_objective_is_the_weighted_sum_of_its_parts(ours: bool, left: bool) -> None:
    model, sample = pair()[0 if ours else 1], example(left)
    made = criterion(noised_weight=0.3, clean_weight=0.7, denoising_weight=0.2, contrastive_weight=0.4, temperature=0.5)
    expected = by_hand(pair()[1], made, sample)
    loss, _, logged = made(model, sample)
    for name, value in expected.items():
        assert float(logged[name]) == pytest.approx(float(value), rel=1e-5)
    weighted = zip((0.7, 0.3, 0.2, 0.4), expected.values(), strict=True)
    assert float(loss) == pytest.approx(sum(weight * float(value) for weight, value in weighted), rel=1e-5)


@pytest.mark.parametrize("options", [{}, {"views": "target"}, {"sentence": "prompt"}, {"clean_weight": 0.0}])
def test_gradients_are_the_same_packed_and_padded(options: dict[str, Any]) -> None:
    ours, stock = pair()
    made = criterion(**options)
    gradients = []
    for model in (ours, stock):
        made.zero_grad()
        made(model, example())[0].backward()
        gradients.append([p.grad for p in [*model.parameters(), *made.parameters()]])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=2e-4, atol=2e-5)


def test_what_has_no_weight_is_not_computed() -> None:
    off = {"noised_weight": 0.0, "clean_weight": 1.0, "denoising_weight": 0.0, "contrastive_weight": 0.0}
    sample, model = example(), pair()[0]
    rows = sample["ntokens"]
    for on, versions, decoded in (
        ({}, 1, 1),
        ({"noised_weight": 0.5}, 2, 2),
        ({"denoising_weight": 0.1}, 2, 1),
        ({"contrastive_weight": 0.1}, 2, 1),
        ({"contrastive_weight": 0.1, "views": "target"}, 2, 1),
        ({"noised_weight": 0.5, "contrastive_weight": 0.1, "views": "target"}, 3, 2),
        ({"noised_weight": 1.0, "clean_weight": 0.0}, 1, 1),
    ):
        made = criterion(**(off | on))
        with watched(model) as calls:
            made(model, sample)
        (call,) = calls
        assert len(call["src_tokens"]) == 4 * versions
        states = {"denoising_weight", "contrastive_weight"} & on.keys()
        assert call["packed_output"] == ("with_encoder" if states else True)
        assert int(call["prev_output_tokens"].ne(PAD).sum()) == rows * decoded + 4 * (versions - decoded)
        assert (made.classifier is not None) == ("denoising_weight" in on)


def test_only_text_is_corrupted_and_every_label_is_true() -> None:
    made = criterion(shuffle_share=0.9, replace_share=0.9)
    for left in (False, True):
        source = example(left)["net_input"]["src_tokens"]
        noised, labels = made._noised(source, example(left)["id"])
        text = (source >= 4) & (source < EN)
        assert torch.equal(noised[~text], source[~text]) and bool((labels[~text] == -100).all())
        assert torch.equal(labels[text] == 0, (noised == source)[text])
        assert bool(((noised >= 4) & (noised < EN))[text].all()) and {1, 2} <= set(labels[text].tolist())


def test_noise_hangs_on_sentence_seed_and_update_alone() -> None:
    """Not on the batch it is in, or the side of its padding: so not on processes, a split, or a resume."""
    made, right, left = criterion(), example(), example(left=True)

    def texts(c: E2S2Criterion, sample: dict[str, Any], rows: list[int]) -> list[list[int]]:
        noised, _ = c._noised(sample["net_input"]["src_tokens"][rows], sample["id"][rows])
        return [[t for t in row if t != PAD] for row in noised.tolist()]

    left["net_input"]["src_tokens"] = torch.stack(
        [row.roll(int(row.eq(PAD).sum())) for row in right["net_input"]["src_tokens"]]
    )
    whole = texts(made, right, [0, 1, 2, 3])
    assert texts(made, right, [2]) + texts(made, right, [3]) == whole[2:]
    assert texts(made, left, [0, 1, 2, 3]) == whole
    made.set_num_updates(1)
    assert all(one != other for one, other in zip(texts(made, right, [0, 1, 2, 3]), whole, strict=True))
    assert texts(criterion(seed=4), right, [0, 1, 2, 3]) != whole
    made.eval()
    fixed = texts(made, right, [0, 1, 2, 3])
    made.set_num_updates(2)
    assert texts(made, right, [0, 1, 2, 3]) == fixed == texts(criterion(seed=4, training=False), right, [0, 1, 2, 3])


def test_pieces_of_a_batch_add_up_to_it() -> None:
    """What memory asks for; but a contrastive loss is about the sentences that are together."""
    made, model, sample = criterion(contrastive_weight=0.0), pair()[0], example()
    together = Counter(parts(made, model, sample))
    apart: Counter[str] = Counter()
    for rows in ([0, 2], [1, 3]):
        inputs = {name: value[rows] for name, value in sample["net_input"].items()}
        target = sample["target"][rows]
        piece = {"net_input": inputs, "target": target, "id": sample["id"][rows], "ntokens": int(target.ne(PAD).sum())}
        apart.update(parts(made, model, piece))
    assert apart.keys() == together.keys()
    for name, value in together.items():
        assert apart[name] == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize("ours", [True, False], ids=["packed", "stock"])
@pytest.mark.parametrize("options", [{}, {"views": "target"}, {"sentence": "prompt"}])
def test_padding_never_counts(ours: bool, options: dict[str, Any]) -> None:
    """The release pools it, and learns to call it original."""
    model, made, sample = pair()[0 if ours else 1], criterion(**options), example()
    expected = parts(made, model, sample)
    sample["net_input"]["src_tokens"] = F.pad(sample["net_input"]["src_tokens"], (0, 5), value=PAD)
    wider = parts(made, model, sample)
    assert set(SUMS) <= set(wider)
    for name in SUMS:
        assert wider[name] == pytest.approx(expected[name], rel=1e-5)


def test_each_label_is_learned() -> None:
    """The release ignores label 1, which is its padding's symbol: "shuffled" is never learned there."""
    made, model, sample = criterion(shuffle_share=0.5), pair()[0], example()
    made(model, sample)[0].backward()
    assert made.classifier is not None
    logged = parts(made, model, sample)
    assert min(logged[f"there_{name}"] for name in LABELS) > 0
    made.zero_grad()
    (0.05 * made._denoising(torch.zeros(1, 4, 16), torch.tensor([[1, 1, -100, 1]]))[0]).backward()
    gradient = made.classifier.output.bias.grad
    assert gradient is not None and gradient[1] < 0 < min(gradient[0], gradient[2])


@pytest.mark.parametrize("left", [False, True])
def test_a_prompt_stands_before_the_text_and_its_mask_is_the_sentence(left: bool) -> None:
    made, model, sample = criterion(sentence="prompt", prompt="s3 <mask> s5"), pair()[1], example(left)
    source, piece = sample["net_input"]["src_tokens"], {"s3": 7, "s5": 9}
    source[1, 1] = MASK  # text that begins with a mask, in the longest sentence
    with watched(model) as calls:
        logged = made(model, sample)[2]
    clean, noised, prompted = calls[0]["src_tokens"].split(4)
    for row in range(4):
        words, plain = ([t for t in tokens[row].tolist() if t != PAD] for tokens in (prompted, source))
        assert words == [EN, piece["s3"], MASK, piece["s5"], *plain[1:]]
        assert [t for t in clean[row].tolist() if t != PAD] == plain
        assert [t for t in noised[row].tolist() if t != PAD][:4] == words[:4]
    states = [model.encoder(t, t.ne(PAD).sum(1))["encoder_out"][0].transpose(0, 1) for t in (prompted, noised)]
    first = (lambda t: t.ne(PAD).int().argmax(1) + 2)(prompted)
    vectors = [s[torch.arange(4), first] for s in states]
    expected = nt_xent(*vectors, 1.0) * sample["ntokens"] / 4
    assert float(logged["contrastive_loss"]) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("ours", [True, False], ids=["our-task", "stock-task"])
def test_the_target_is_seen_as_a_source(ours: bool) -> None:
    model, sample, of = pair()[1], example(), task()
    if ours:
        sides = dict.fromkeys(("source_dictionary", "target_dictionary"))  # not the class's properties
        of.__class__ = type("Ours", (TaskWith, TextStreamsTask), sides)
    made = criterion(of, views="target", noised_weight=0.0, denoising_weight=0.0)
    with watched(model) as calls:
        made(model, sample)
    seen = calls[0]["src_tokens"][4:]
    for row, target in zip(seen, sample["target"], strict=True):
        assert row[row.ne(PAD)].tolist() == [*([DE] if ours else []), *target[target.ne(PAD)].tolist()]


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_repeated_sentence_is_no_negative(side: str) -> None:
    made, model, sample = criterion(denoising_weight=0.0), pair()[0], example()
    tokens = sample["net_input"]["src_tokens"] if side == "source" else sample["target"]
    before = parts(made, model, sample)["contrastive_loss"]
    tokens[3] = tokens[1]
    if side == "target":
        sample["net_input"]["prev_output_tokens"][3] = sample["net_input"]["prev_output_tokens"][1]
    sample["ntokens"] = int(sample["target"].ne(PAD).sum())
    after = parts(made, model, sample)["contrastive_loss"] / sample["ntokens"]
    assert after < before / example()["ntokens"] - 0.1  # two sentences have two negatives less, of six


@pytest.mark.parametrize("clean_weight", [0.0, 0.5])
@pytest.mark.parametrize("options", [{}, {"sentence": "prompt"}])
def test_validation_has_the_plain_criterions_nll_loss(clean_weight: float, options: dict[str, Any]) -> None:
    model, sample = pair()[0], example()
    plain = FusedLabelSmoothedCrossEntropy(task(), sentence_avg=False, label_smoothing=0.1)(model, sample)[2]
    logged = parts(criterion(training=False, clean_weight=clean_weight, **options), model, sample)
    assert logged["nll_loss"] == pytest.approx(float(plain["nll_loss"]), rel=1e-5)
    weights = {"clean_loss": clean_weight, "noised_loss": 0.5, "denoising_loss": 0.05, "contrastive_loss": 0.05}
    assert logged["loss"] == pytest.approx(sum(w * logged[name] for name, w in weights.items()), rel=1e-5)


def test_records_of_batches_are_joined_by_their_tokens() -> None:
    made, model = criterion(), pair()[0]
    logs = [made(model, sample)[2] for sample in (example(), example(left=True))]
    with metrics.aggregate(new_root=True) as joined:
        E2S2Criterion.reduce_metrics(logs)
    there = sum(float(log[f"there_{name}"]) for log in logs for name in LABELS)
    found = sum(float(log[f"found_{name}"]) for log in logs for name in LABELS)
    values = joined.get_smoothed_values()
    assert values["token_accuracy"] == pytest.approx(100 * found / there, abs=0.05)
    shuffled = [sum(float(log[f"{kind}_shuffled"]) for log in logs) for kind in ("found", "there")]
    assert values["recall_shuffled"] == pytest.approx(100 * shuffled[0] / shuffled[1], abs=0.05)
    bits = sum(float(log["denoising_loss"]) for log in logs) / there / 0.693147
    assert values["denoising_loss"] == pytest.approx(bits, abs=2e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"noised_weight": 0.0, "clean_weight": 0.0}, "one above"),
        ({"denoising_weight": -1.0}, "none is below 0"),
        ({"shuffle_share": 1.5}, "--e2s2-shuffle-share 1.5"),
        ({"shuffle_share": 0.0, "replace_share": 0.0}, "with both shares 0"),
        ({"temperature": 0.0}, "--e2s2-temperature 0.0"),
        ({"sentence": "prompt", "prompt": "s3"}, "write <mask> once"),
        ({"sentence": "prompt", "prompt": "<mask> word"}, "DATA/dict.txt has no 'word' and no '▁word'"),
    ],
)
def test_mistakes_are_one_sentence(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        criterion(**options)


def test_what_a_dictionary_or_model_lacks_is_one_sentence() -> None:
    without: Any = TaskWith(SYMBOLS)
    without.cfg, without.encoder_width = Namespace(data="DATA"), 16
    with pytest.raises(UserError, match=r"DATA/dict\.txt has no symbol __mask__"):
        criterion(without, sentence="prompt")
    other = task()
    other.target_dictionary = TaskWith(9).source_dictionary
    with pytest.raises(UserError, match="need one dictionary"):
        criterion(other, views="target")
    with pytest.raises(UserError, match="needs a model with an encoder"):
        criterion(task(width=0))
    with pytest.raises(UserError, match="fewer than two"):
        criterion(task_of_tags())
    sample = example()
    sample["net_input"]["positions"] = torch.zeros(1)
    with pytest.raises(UserError, match="input positions"):
        criterion()(pair()[0], sample)


def task_of_tags() -> Any:
    made: Any = TaskWith(4)
    made.source_dictionary.add_symbol("__en__")
    made.cfg, made.encoder_width = Namespace(data="DATA"), 16
    return made


def test_the_width_of_the_classifier_is_that_of_the_encoder_built_last() -> None:
    of = task(width=0)
    build_model(arguments(arch="vega_tiny", encoder_embed_dim=24, decoder_embed_dim=24), of)
    assert encoder_width(of, "this") == 24
    classifier = criterion(of).classifier
    assert isinstance(classifier, nn.Module) and classifier.output.in_features == 24
