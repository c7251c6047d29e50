"""Read a test set with all its references, domains and documents, and the translations of it, or say what is wrong.

Line i of every file must be the same segment. A reference may lack a segment (an empty line) that another one has; a
segment without any is an error, because sacreBLEU would score it against nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from vega.corpus import read_texts
from vega.directions import parse_direction
from vega.errors import UserError
from vega.settings import AboutTestSet, Corpus, EvaluateOptions
from vega.text_files import read_lines


class Text(NamedTuple):
    """Where one side of a test set is: a file with a segment per line, or a language of a corpus."""

    path: Path
    corpus: Corpus | None = None
    language: str = ""

    def lines(self) -> Iterator[str]:
        return read_lines(self.path) if self.corpus is None else read_texts(self.corpus, self.language)


@dataclass(frozen=True)
class Task:
    """One test set in one direction: all systems share the references, so they are scored together."""

    test_set: str
    direction: str
    target: str
    source: Text | None  # None: not known
    references: tuple[Text, ...]
    files: dict[str, Path]  # system -> its translation
    options: EvaluateOptions
    about: AboutTestSet | None = None  # where domains and documents are, if in a file of their own
    analysed: bool = True  # also by `eval.analysis`, which needs the source


@dataclass(frozen=True)
class TestSet:
    """What is in the files of a test set. `source` is empty where it is not known, the last two where none has them."""

    __test__ = False  # not a test of pytest's

    source: list[str]
    references: list[list[str | None]]
    domains: list[str]
    documents: list[str]

    def whole_references(self) -> list[list[str]]:
        """The references for metrics that need each of them: what one lacks is the first other one's."""
        rows = zip(*self.references, strict=True)
        whole = [[line if line is not None else _first(row) for line in row] for row in rows]
        return [list(reference) for reference in zip(*whole, strict=True)]


def _first(row: Sequence[str | None]) -> str:
    return next(line for line in row if line is not None)


def read_test_set(task: Task) -> TestSet:
    """Everything but the translations, checked."""
    first = task.references[0]
    if first.corpus is not None and first.corpus.kind == "wmt":
        return _read_wmt(task, first.corpus)
    references = _references(task.references, [list(text.lines()) for text in task.references])
    source = list(task.source.lines()) if task.source else []
    if task.source and len(source) != len(references[0]):
        raise _uneven(task.source.path, len(source), f"its reference {first.path}", len(references[0]))
    domains, documents = _metadata(task, len(references[0]))
    return TestSet(source, references, domains, documents)


def read_translations(task: Task, lines: int) -> dict[str, list[str]]:
    """System -> its lines, as many as the reference has."""
    found = {system: list(read_lines(path)) for system, path in task.files.items()}
    for system, translation in found.items():
        if len(translation) != lines:
            raise _uneven(task.files[system], len(translation), f"its reference {task.references[0].path}", lines)
    return found


def _references(texts: Sequence[Text], read: Sequence[Sequence[str]]) -> list[list[str | None]]:
    for text, lines in zip(texts, read, strict=True):
        if not lines:
            raise UserError(f"{text.path}: the file is empty; the reference needs one sentence per line.")
        if len(lines) != len(read[0]):
            raise _uneven(text.path, len(lines), f"the first reference {texts[0].path}", len(read[0]))
    for number, row in enumerate(zip(*read, strict=True), start=1):
        if not any(line.strip() for line in row):
            which = "this segment has no reference" if len(texts) == 1 else "no reference file has this segment"
            raise UserError(
                f"{texts[0].path}:{number}: {which}. Fill the line in, or take it out of source, references and "
                "translations."
            )
    return [[line if line.strip() else None for line in lines] for lines in read]


def _read_wmt(task: Task, corpus: Corpus) -> TestSet:
    """The official XML has source, all references, documents and domains in one file."""
    from vega.corpus.wmt_xml import read_segments

    path = task.references[0].path
    segments = read_segments(path, parse_direction(task.direction))
    names = list(dict.fromkeys(name for segment in segments for name in segment.references))
    if not names and len(task.references) == 1:
        raise UserError(f"{path}: it has no reference to score against. Name it in `about: references`.")
    texts = [Text(path)] * len(names) + list(task.references[1:])
    read = [[segment.references.get(name, "") for segment in segments] for name in names]
    read += [list(text.lines()) for text in task.references[1:]]
    domains, documents = _metadata(task, len(segments))
    return TestSet(
        source=[segment.source for segment in segments],
        references=_references(texts, read),
        domains=domains or [segment.domain for segment in segments],
        documents=documents or [segment.document for segment in segments],
    )


def _metadata(task: Task, lines: int) -> tuple[list[str], list[str]]:
    """Domain and document of each line; an empty list where no column is named."""
    about = task.about
    if about is None or about.meta is None:
        return [], []
    rows = [line.split("\t") for line in read_lines(about.meta)]
    if len(rows) != lines:
        raise _uneven(about.meta, len(rows), f"the reference {task.references[0].path}", lines)
    return _column(rows, about.domain, about.meta), _column(rows, about.document, about.meta)


def _column(rows: Sequence[Sequence[str]], column: int, path: Path) -> list[str]:
    if not column:
        return []
    for number, row in enumerate(rows, start=1):
        if len(row) < column:
            raise UserError(f"{path}:{number}: no column {column}, the line has {len(row)}. Columns lie between tabs.")
    return [row[column - 1] for row in rows]


def _uneven(path: Path, lines: int, other: str, known: int) -> UserError:
    problem = f"it ends after line {lines:,}" if lines < known else f"line {known + 1:,} and what follows are too much"
    return UserError(
        f"{path} has {lines:,} lines, {other} has {known:,}: {problem}. Line i of both must be the same sentence; make "
        "the translation again, or give the other file."
    )
