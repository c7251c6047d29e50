import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import sentencepiece

from data_pipeline import vocab
from vega.errors import UserError
from vega.settings import Corpus, Form, VocabSettings
from vega.vocabulary import RESERVED_TAGS, Vocabulary

WriteCorpus = Callable[[str, Mapping[str, Sequence[str]]], Corpus]


@pytest.fixture
def settings(write_corpus: WriteCorpus, invented: Callable[..., list[str]]) -> Callable[..., VocabSettings]:
    corpus = write_corpus("text", {code: invented(code, 200) for code in ("ru", "en")})
    return lambda **options: VocabSettings(corpora=[corpus], **{"size": 500, **options})


def test_dictionary_is_pieces_then_tags(settings: Callable[..., VocabSettings], output: Path) -> None:
    vocab.run(settings(), output)
    assert sorted(path.name for path in output.iterdir()) == ["dict.txt", "spm.model", "spm.vocab"]
    processor = sentencepiece.SentencePieceProcessor(model_file=str(output / "spm.model"))
    pieces = [processor.id_to_piece(i) for i in range(500)]
    assert processor.get_piece_size() == 500
    lines = (output / "dict.txt").read_text(encoding="utf-8").splitlines()
    symbols = [piece for piece in pieces if piece not in ("<s>", "</s>", "<unk>")]
    assert lines == [f"{symbol} 1" for symbol in [*symbols, "__en__", "__ru__", *RESERVED_TAGS]]
    names = [line.split("\t")[0] for line in (output / "spm.vocab").read_text(encoding="utf-8").splitlines()]
    assert names == pieces


def test_the_seed_and_nothing_else_decides(
    settings: Callable[..., VocabSettings], output: Path, tmp_path: Path
) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        vocab.run(settings(max_sentences=150, seed=seed, model_type="bpe"), tmp_path / name)
    models = [(tmp_path / name / "dict.txt").read_bytes() for name in "abc"]
    assert models[0] == models[1] != models[2]


def test_full_width_punctuation_survives(write_corpus: WriteCorpus, output: Path) -> None:
    corpus = write_corpus("cjk", {"zh": ["你好，世界。", "世界，你好！"] * 20, "en": ["hello, world."] * 40})
    vocab.run(VocabSettings(corpora=[corpus], size=277), output)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(output / "spm.model"))
    assert processor.decode(processor.encode("你好，世界。")) == "你好，世界。"
    assert "，" in "".join(processor.encode("你好，世界。", out_type=str))


def test_pieces_are_made_of_text_in_the_form_that_the_folder_keeps(write_corpus: WriteCorpus, output: Path) -> None:
    form = Form(entities=True, width=True, punctuation=True)
    text = {"zh": ["“ＡＢＣ”，你好 &amp;"] * 30, "en": ["“ＡＢＣ” &amp;"] * 30}
    settings = VocabSettings(corpora=[write_corpus("text", text)], size=272, normalize=form)
    assert sorted(set(vocab.sample(settings))) == ['"ABC" &', "“ABC”，你好 &"]
    vocab.run(settings, output)
    vocabulary = Vocabulary.load(output)
    assert vocabulary.form == form
    letters = set("".join(symbol for symbol in vocabulary.symbols if not symbol.startswith("<")))
    assert letters >= set('"ABC&“”，你') and not letters & set("ＡＢＣ;")


@pytest.mark.parametrize(("options", "message"), [
    ({"size": 100_000, "model_type": "bpe"}, r"too large for this text. At most (\d+) are possible"),
    ({"size": 100_000, "model_type": "unigram"}, r"too large for this text. At most (\d+) are possible"),
    ({"size": 200}, r"too small: the text's characters alone need (\d+)"),
])  # fmt: skip
def test_an_impossible_size_names_the_limit_and_the_limit_works(
    settings: Callable[..., VocabSettings], output: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message) as error:
        vocab.run(settings(**options), output)
    assert list(output.iterdir()) == []
    limit = next(
        int(word) for word in str(error.value).split("pieces is")[1].replace(".", " ").split() if word.isdigit()
    )
    vocab.run(settings(**{**options, "size": limit}), output)
    assert (output / "spm.vocab").read_text(encoding="utf-8").count("\n") == limit


def test_balanced_sample(write_corpus: WriteCorpus) -> None:
    corpora = [
        write_corpus("big", {"en": [f"line {i}" for i in range(400)], "de": [f"Zeile {i}" for i in range(400)]}),
        write_corpus("small", {"en": ["more", ""], "cs": ["řádek", "  "]}),
    ]
    drawn = list(vocab.sample(VocabSettings(corpora=corpora, temperature=1e9, max_sentences=300)))
    assert [sum(word in line for line in drawn) for word in ("řádek", "Zeile")] == [100, 100]
    assert len(drawn) == 300
    spaced = write_corpus("spaced", {"en": ["  two \u00a0 words "]})
    assert list(vocab.sample(VocabSettings(corpora=[spaced]))) == ["two words"]
    assert len(list(vocab.sample(VocabSettings(corpora=corpora, temperature=1.0)))) == 802


def test_the_sample_does_not_hold_the_text(write_corpus: WriteCorpus) -> None:
    """Ten times the text, the same memory but for what is drawn."""
    peaks = []
    for lines in (4_000, 40_000):
        corpus = write_corpus(f"text{lines}", {"en": ["a line of text, long enough to be seen"] * lines})
        tracemalloc.start()
        for _ in vocab.sample(VocabSettings(corpora=[corpus], max_sentences=100)):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] + 10_000


def test_a_monolingual_corpus_feeds_the_vocabulary(write_corpus: WriteCorpus, output: Path) -> None:
    pairs = write_corpus("pairs", {"en": ["some words here"] * 9, "de": ["einige Worte hier"] * 9})
    mono = write_corpus("mono", {"cs": ["žluťoučký kůň"] * 9})
    vocab.run(VocabSettings(corpora=[pairs, mono], size=286), output)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(output / "spm.model"))
    assert not any(map(processor.is_byte, processor.encode("žluťoučký kůň")))
    assert "__cs__ 1" in (output / "dict.txt").read_text(encoding="utf-8").splitlines()


def test_a_language_without_text_is_named(write_corpus: WriteCorpus, output: Path) -> None:
    corpus = write_corpus("half", {"en": ["text"], "de": ["  "]})
    with pytest.raises(UserError, match="no text in language 'de'"):
        vocab.run(VocabSettings(corpora=[corpus]), output)


def test_a_tag_that_is_a_piece_is_refused(output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data_pipeline.vocab.tags_for", lambda languages: ["__en__", "▁"])
    corpus_file = tmp_path / "t.en"
    corpus_file.write_text("some words here\n", encoding="utf-8")
    (tmp_path / "t.de").write_text("einige Worte hier\n", encoding="utf-8")
    corpus = Corpus(name="t", languages=["en", "de"], files=str(tmp_path / "t.{lang}"))
    with pytest.raises(UserError, match="'▁' occurs so often"):
        vocab.run(VocabSettings(corpora=[corpus], size=276), output)
    assert list(output.iterdir()) == []
