import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega.errors import UserError
from vega.normalize import PLAIN, normalize
from vega.settings import Form
from vega.vocabulary import (
    MASK,
    RESERVED_TAGS,
    SPECIAL_SYMBOLS,
    UNKNOWN,
    Vocabulary,
    read_form,
    read_symbols,
    tags_for,
    write_form,
)
from vega.vocabulary_files import VOCABULARY_FILES, copy_vocabulary

sentencepiece = pytest.importorskip("sentencepiece")

TEXT = ["der Hund läuft", "the dog runs fast", "a small dog", "ein kleiner Hund"] * 30


def write_vocabulary(folder: Path, byte_fallback: bool, size: int = 320) -> Path:
    """As `vega vocab` does it, in a few lines."""
    folder.mkdir()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT), model_prefix=str(folder / "spm"), vocab_size=size, minloglevel=2,
        byte_fallback=byte_fallback, hard_vocab_limit=False, normalization_rule_name="identity",
    )  # fmt: skip
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spm.model"))
    pieces = [processor.id_to_piece(i) for i in range(3, processor.get_piece_size())]
    # In another order than SentencePiece's: numbers must be looked up, not counted.
    lines = [f"{symbol} 1\n" for symbol in [*reversed(pieces), *tags_for(["en", "de"])]]
    (folder / "dict.txt").write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vocabulary(tmp_path_factory.mktemp("vocabulary") / "bytes", byte_fallback=True)


@pytest.fixture(scope="module")
def vocabulary(folder: Path) -> Vocabulary:
    return Vocabulary.load(folder)


def test_numbers_are_the_lines_of_the_dictionary(folder: Path, vocabulary: Vocabulary) -> None:
    lines = (folder / "dict.txt").read_text(encoding="utf-8").splitlines()
    numbers = vocabulary.encode("the dog", "en")
    assert [f"{piece} 1" for piece in vocabulary.pieces("the dog", "en")] == [lines[number - 4] for number in numbers]
    assert len(vocabulary) == len(lines) + len(SPECIAL_SYMBOLS)
    assert vocabulary.tags == ["__de__", "__en__", *RESERVED_TAGS]
    assert lines[vocabulary.tag_number("en") - 4] == "__en__ 1"


@given(st.text(max_size=30).filter(lambda line: "▁" not in line))
def test_any_normalised_text_survives_with_byte_fallback(vocabulary: Vocabulary, line: str) -> None:
    numbers = vocabulary.encode(line, "en")
    assert UNKNOWN not in numbers
    assert vocabulary.decode(numbers) == normalize(line)


def with_form(folder: Path, target: Path, **options: bool) -> Vocabulary:
    """The same vocabulary, for text in another form."""
    copy_vocabulary(folder, target)
    write_form(target, Form(**options))
    return Vocabulary.load(target)


@pytest.fixture(scope="module")
def formed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    options = {"entities": True, "width": True, "punctuation": True}
    return with_form(folder, tmp_path_factory.mktemp("formed"), **options)


#: Spellings of the same text, where the language lets them be.
spellings = st.lists(
    st.sampled_from(["dog", " ", "“", '"', "„", "&amp;", "&", "ｄｏｇ", "，", ",", "…", "...", "ﾊﾞ", "バ", "\u200b"]),
    max_size=9,
).map("".join)


@given(spellings, st.sampled_from(["de", "en", "fr", "ja", "zh"]))
def test_text_is_read_and_written_in_the_form_of_the_vocabulary(formed: Vocabulary, line: str, language: str) -> None:
    """Whatever encodes a line, in training or in translation, gives what the line in its form would give."""
    plain = normalize(line, formed.form, language)
    numbers = formed.encode(line, language)
    assert numbers == formed.encode(plain, language)
    assert formed.decode(numbers) == plain == formed.normalize(line, language)
    assert [formed.numbers[piece] for piece in formed.pieces(line, language)] == numbers
    batch, counts = formed.encode_batch([line, "dog", line], language)
    assert batch.tolist() == [*numbers, *formed.encode("dog", language), *numbers]
    assert counts.tolist() == [len(numbers), len(batch) - 2 * len(numbers), len(numbers)]


def test_japanese_and_chinese_keep_their_own_signs(formed: Vocabulary) -> None:
    line = "“Ａ”，&lt;"
    assert formed.decode(formed.encode(line, "zh")) == formed.decode(formed.encode(line, "ja")) == "“A”，<"
    assert formed.decode(formed.encode(line, "de")) == '"A",<'


def test_each_part_of_a_form_survives_its_folder(folder: Path, tmp_path: Path) -> None:
    for number, name in enumerate(Form.model_fields):
        target = tmp_path / name
        target.mkdir()
        assert with_form(folder, target, **{name: True}).form == Form(**{name: True})
        copied = tmp_path / str(number)
        copied.mkdir()
        copy_vocabulary(target, copied)
        assert read_form(copied) == Form(**{name: True})
        assert sorted(path.name for path in copied.iterdir()) == sorted(VOCABULARY_FILES)


def test_the_plain_form_needs_no_file(folder: Path, vocabulary: Vocabulary, tmp_path: Path) -> None:
    """Folders from before there were forms are as they were, and are still read."""
    write_form(tmp_path, Form())
    assert list(tmp_path.iterdir()) == []
    copy_vocabulary(folder, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dict.txt", "spm.model"]
    assert Vocabulary.load(tmp_path).form == vocabulary.form == PLAIN


@pytest.mark.parametrize(("content", "message"), [
    ('{"widht": true}', r"normalize\.json: widht: Extra inputs"),
    ('{"width": "yes"}', r"normalize\.json: width: Input should be a valid boolean"),
    ('{"width"', r"normalize\.json: Invalid JSON"),
])  # fmt: skip
def test_a_form_that_nobody_wrote_is_refused(folder: Path, tmp_path: Path, content: str, message: str) -> None:
    copy_vocabulary(folder, tmp_path)
    (tmp_path / "normalize.json").write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        Vocabulary.load(tmp_path)


def test_special_symbols_and_tags_have_no_text(vocabulary: Vocabulary) -> None:
    numbers = [vocabulary.tag_number("de"), *vocabulary.encode("ein Hund", "de"), 2, 1]
    assert vocabulary.decode(numbers) == "ein Hund"


def test_a_tag_in_the_text_is_text(vocabulary: Vocabulary) -> None:
    numbers = vocabulary.encode("__en__ dog", "en")
    assert vocabulary.tag_number("en") not in numbers
    assert vocabulary.decode(numbers) == "__en__ dog"


def test_odd_spaces_are_spaces(vocabulary: Vocabulary) -> None:
    assert vocabulary.encode("the\u00a0dog \u3000 runs", "en") == vocabulary.encode("the dog runs", "en")


def test_without_byte_fallback_unknown_characters_are_unknown(tmp_path: Path) -> None:
    vocabulary = Vocabulary.load(write_vocabulary(tmp_path / "plain", byte_fallback=False, size=60))
    numbers = vocabulary.encode("dog 字", "en")
    assert numbers[-1] == UNKNOWN
    assert vocabulary.decode(numbers) == "dog  ⁇ "


def test_a_language_without_tag_is_named(vocabulary: Vocabulary) -> None:
    with pytest.raises(UserError, match=r"no tag __ru__ for language 'ru'\. It was made for de, en"):
        vocabulary.tag_number("ru")


@pytest.mark.parametrize(("change", "message"), [
    (lambda text: text.replace("▁dog 1\n", ""), "'▁dog' is only in spm.model, and 0 more differ"),
    (lambda text: "horse 1\n" + text, "'horse' is only in dict.txt"),
    (lambda text: text + "__en__ 1\n", "'__en__' is listed twice"),
    (lambda text: text + "word\n", "expected 'symbol count', got 'word'"),
])  # fmt: skip
def test_files_that_do_not_belong_together_are_refused(
    folder: Path, tmp_path: Path, change: type[str], message: str
) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    text = (other / "dict.txt").read_text(encoding="utf-8")
    (other / "dict.txt").write_text(change(text), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        Vocabulary.load(other)


def test_a_missing_or_false_model_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"spm\.model: no such file"):
        Vocabulary.load(tmp_path)
    (tmp_path / "spm.model").write_bytes(b"no model")
    shutil.copy(folder / "dict.txt", tmp_path)
    with pytest.raises(UserError, match="is not a SentencePiece model"):
        Vocabulary.load(tmp_path)


def test_tags_are_sorted_and_symbols_keep_their_order(tmp_path: Path) -> None:
    assert tags_for(["ru", "en", "ru"])[:3] == ["__en__", "__ru__", "__bt__"]
    assert tags_for([])[-2:] == ["__domain15__", MASK]  # new tags go to the end: numbers of the others stay
    (tmp_path / "dict.txt").write_text("b 2\na 1\n")
    assert read_symbols(tmp_path / "dict.txt") == ["b", "a"]
