"""Train one SentencePiece model for all languages and write it as a fairseq dictionary with tags."""

from __future__ import annotations

import io
import random
import re
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from data_pipeline.corpora import check_exist, check_unique
from data_pipeline.sampling import count_text, draw, line_quotas, lines_of
from vega.atomic import atomic_files
from vega.disk import explain_full_disk
from vega.errors import UserError
from vega.normalize import normalize
from vega.progress import say
from vega.settings import VocabSettings
from vega.vocabulary import Vocabulary, tags_for, write_form
from vega.vocabulary_files import DICTIONARY, MODEL

#: Threads of SentencePiece, whatever the machine has. Each sums up its share of the text, so another number makes
#: another model, even other pieces; with one number it is the same on any machine. More than 16 save little: a quarter
#: of the work is done by one thread alone.
NUM_THREADS = 16


def run(settings: VocabSettings, output: Path) -> None:
    """Write spm.model, spm.vocab, dict.txt and, for a form beyond the plain one, normalize.json, or nothing at all."""
    check_unique(settings.corpora)
    with explain_full_disk(output), atomic_files(output) as folder:
        started = time.monotonic()
        model = train(settings, sample(settings))
        (folder / MODEL).write_bytes(model)
        write_form(folder, settings.normalize)
        write_dictionary(model, sorted({code for corpus in settings.corpora for code in corpus.languages}), folder)
        vocabulary = Vocabulary.load(folder)
    seconds = time.monotonic() - started
    say(f"Vocabulary: {len(vocabulary):,} symbols, {len(vocabulary.tags)} of them tags, in {seconds:,.0f} s")


def sample(settings: VocabSettings) -> Iterator[str]:
    """The training text: every language's share, in the order of languages and files; the seed decides the choice.

    Faults in the text are found before it returns.
    """
    check_exist(settings.corpora)
    lines = count_text(settings.corpora)
    if empty := [code for code, count in lines.items() if count == 0]:
        raise UserError(f"There is no text in language '{empty[0]}': all its lines are empty.")
    quotas = line_quotas(lines, settings.temperature, settings.max_sentences)
    say("Vocabulary text, lines per language: " + ", ".join(f"{c} {quotas[c]:,} of {lines[c]:,}" for c in lines))
    say(
        f"Training SentencePiece: {settings.model_type}, {settings.size:,} pieces, {sum(quotas.values()):,} lines, "
        f"{NUM_THREADS} threads. It has no news until it is done."
    )
    return chain.from_iterable(_drawn(settings, code, lines[code], quotas[code]) for code in lines)


def _drawn(settings: VocabSettings, code: str, lines: int, quota: int) -> Iterator[str]:
    """Lines of a language as the vocabulary will encode them."""
    for line in draw(lines_of(settings.corpora, code), lines, quota, random.Random(f"{settings.seed} {code}")):
        yield normalize(line, settings.normalize, code)


def train(settings: VocabSettings, text: Iterator[str]) -> bytes:
    """A serialised SentencePiece model. Spaces and Unicode forms are vega.normalize's work, so SentencePiece's own
    rules are off ("identity"): its usual nmt_nfkc would make full-width CJK punctuation half-width."""
    import sentencepiece

    model = io.BytesIO()
    options: dict[str, Any] = {
        "vocab_size": settings.size,
        "model_type": settings.model_type,
        "character_coverage": settings.character_coverage,
        "byte_fallback": settings.byte_fallback,
        "normalization_rule_name": "identity",
        "num_threads": NUM_THREADS,
        "minloglevel": 2,
    }
    try:
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=text, model_writer=model, **options)
    except RuntimeError as error:
        raise _explain(str(error), settings.size) from None
    return model.getvalue()


def write_dictionary(model: bytes, languages: list[str], folder: Path) -> None:
    """Write spm.vocab (`piece<TAB>score`) and dict.txt (`symbol count`): pieces, then tags."""
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    size = processor.get_piece_size()
    pieces = [processor.id_to_piece(i) for i in range(size)]
    scores = "".join(f"{piece}\t{processor.get_score(i):g}\n" for i, piece in enumerate(pieces))
    (folder / "spm.vocab").write_text(scores, encoding="utf-8")
    symbols = [piece for i, piece in enumerate(pieces) if not (processor.is_control(i) or processor.is_unknown(i))]
    tags = tags_for(languages)
    if clash := sorted(set(tags) & set(symbols)):
        raise UserError(f"'{clash[0]}' occurs so often in the text that it became a piece, but it is a tag. Delete it.")
    # fairseq reads a count per symbol; nothing of ours uses it, so it is 1.
    (folder / DICTIONARY).write_text("".join(f"{symbol} 1\n" for symbol in symbols + tags), encoding="utf-8")


def _explain(message: str, size: int) -> UserError:
    """SentencePiece's two errors about the size say the limit, among file names and conditions of its source."""
    if most := re.search(r"size too high.*?<= *(\d+)", message, re.DOTALL):
        return UserError(
            f"A vocabulary of {size:,} pieces is too large for this text. At most {most[1]} are possible: "
            "set vocab.size to that or less, or give more text."
        )
    if least := re.search(r"smaller than required_chars\. *\d+ vs (\d+)", message):
        return UserError(
            f"A vocabulary of {size:,} pieces is too small: the text's characters alone need {least[1]}. "
            "Set vocab.size to more, or vocab.character_coverage to less."
        )
    return UserError(f"SentencePiece could not train a vocabulary: {message}")
