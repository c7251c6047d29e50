"""Lines that tuning text may be drawn from: of each corpus and domain as many, drawn at random, as could be needed."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data_pipeline.corpora import count_lines, stem
from data_pipeline.tuning.clusters import Clusters
from data_pipeline.tuning.domains import kept_lines, kept_scores, labels_of, score_columns
from data_pipeline.tuning.scores import LEARNED, Row
from vega.corpus import read_rows
from vega.errors import UserError
from vega.normalize import normalize
from vega.progress import track
from vega.settings.tuning import Labelled, TextSelection, TuningTextSettings


@dataclass
class Candidate:
    """A row of text with its domain. `score` is NaN until it is known; rows with small `priority` come first."""

    row: Row
    domain: str
    score: float
    priority: int


@dataclass
class Pool:
    """The candidates of one group of languages, and how many lines its domains have in all."""

    candidates: list[Candidate] = field(default_factory=list)
    given: list[Candidate] = field(default_factory=list)
    sizes: Counter[str] = field(default_factory=Counter)


def side_of(row: Row) -> str:
    """The language by which a row is known, whatever its others are: English, or the first."""
    return "en" if "en" in row else next(iter(row))


def number_of(seed: int, *parts: str) -> int:
    """64 bits that hang on the text alone: draws by them are the same in any order and any process."""
    text = "\0".join([str(seed), *parts])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def gather(settings: TuningTextSettings, score: str) -> tuple[dict[str, Pool], dict[str, Clusters]]:
    """The pool of each group of languages, and the clusters that were found by language, where they are wanted."""
    train = track(settings.train, "Drawing lines", total=len(settings.train))
    texts = [_drawn(labelled, settings, score) for labelled in train]
    clusters = find_clusters(texts, settings)
    pools: dict[str, Pool] = {}
    for labelled, text in zip(settings.train, texts, strict=True):
        name_clusters(text, clusters, settings)
        pool = pools.setdefault(labelled.corpus.group, Pool())
        pool.candidates += text.candidates
        pool.sizes += _sizes(text, settings)
    for labelled in settings.given:
        pool = pools.setdefault(labelled.corpus.group, Pool())
        given = [each for each in read_all(labelled, settings, clusters) if _allowed(each.domain, settings)]
        pool.given += given
    return pools, clusters


@dataclass
class Text:
    """Candidates of one corpus, whose domain is "" until clusters are known; and its lines by domain."""

    candidates: list[Candidate]
    lines: Counter[str]


def needed(settings: TextSelection) -> int:
    """Lines of a domain that are surely enough."""
    return math.ceil(settings.lines / settings.best_share)


def _drawn(labelled: Labelled, settings: TextSelection, score: str) -> Text:
    names, codes = _codes(labelled, settings)
    most = needed(settings) * (settings.clusters if names == [""] else 1)
    chosen = np.zeros(len(codes), dtype=bool)
    lines: Counter[str] = Counter()
    for code, name in enumerate(names):
        places = np.flatnonzero(codes == code)
        if not len(places) or not _allowed(name, settings):
            continue
        lines[name] = len(places)
        generator = np.random.default_rng([settings.seed, number_of(0, stem(labelled.corpus), name)])
        chosen[generator.permutation(places)[:most]] = True
    scores = _scores(labelled, score, len(codes))
    found, number = [], -1
    for number, row in enumerate(read_rows(labelled.corpus)):
        if number < len(codes) and chosen[number]:
            row = {code: normalize(text) for code, text in row.items()}
            if all(row.values()):
                priority = number_of(settings.seed, *row.values())
                found.append(Candidate(row, names[codes[number]], float(scores[number]), priority))
    if number + 1 != len(codes):
        raise UserError(
            f"{labelled.corpus.name}: the text has {number + 1:,} lines and {len(codes):,} are known of it. Clean it "
            "again, or look whether its labels are of another text."
        )
    return Text(found, lines)


def _codes(labelled: Labelled, settings: TextSelection) -> tuple[list[str], NDArray[np.int32]]:
    """Names of domains, and the place among them of each line; the name "" where clusters are to be found."""
    if labelled.labels is not None:
        labels = labels_of(labelled)
        return labels.names, labels.codes
    known = labelled.provenance
    lines = count_lines([labelled.corpus])[0] if known is None else len(kept_lines(known).lines)
    return [_domain(labelled, settings)], np.zeros(lines, np.int32)


def _domain(labelled: Labelled, settings: TextSelection) -> str:
    if labelled.domain:
        return labelled.domain
    return "" if settings.unlabelled == "cluster" else labelled.corpus.name


def _allowed(domain: str, settings: TextSelection) -> bool:
    return domain not in settings.held_out_domains


def _scores(labelled: Labelled, score: str, lines: int) -> NDArray[np.float32]:
    """(N,), NaN where they are measured later."""
    if score not in LEARNED or labelled.provenance is None:
        return np.full(lines, np.nan, np.float32)
    return kept_scores(labelled.provenance, score_columns(labelled.provenance, (score,)))


# Clusters


def find_clusters(texts: Sequence[Text], settings: TextSelection) -> dict[str, Clusters]:
    """By language, from all candidates without a domain."""
    sides: dict[str, list[str]] = {}
    for text in texts:
        for each in text.candidates:
            if not each.domain:
                code = side_of(each.row)
                sides.setdefault(code, []).append(each.row[code])
    return {
        code: Clusters(lines, settings.clusters, settings.vectors, settings.seed)
        for code, lines in sorted(sides.items())
    }


def name_clusters(text: Text, clusters: dict[str, Clusters], settings: TextSelection) -> None:
    """Give candidates without a domain their cluster's, and leave out those of domains that are held out."""
    name_candidates([each for each in text.candidates if not each.domain], clusters)
    text.candidates = [each for each in text.candidates if _allowed(each.domain, settings)]


def name_candidates(unnamed: Sequence[Candidate], clusters: dict[str, Clusters]) -> None:
    by_side: dict[str, list[Candidate]] = {}
    for each in unnamed:
        by_side.setdefault(side_of(each.row), []).append(each)
    for code, mine in by_side.items():
        if code not in clusters:
            raise UserError(
                f"There are sentences in {code} without a domain, and no training text in {code} whose clusters they "
                "could join. State `domains` for them."
            )
        for each, cluster in zip(mine, clusters[code].of([each.row[code] for each in mine]), strict=True):
            each.domain = f"{code}_cluster_{cluster + 1}"


def _sizes(text: Text, settings: TextSelection) -> Counter[str]:
    """Lines of each domain in the whole corpus; clusters' from their shares of what was drawn."""
    sizes = Counter({name: lines for name, lines in text.lines.items() if name})
    if unnamed := text.lines[""]:
        drawn = Counter(each.domain for each in text.candidates)
        total = max(1, min(unnamed, needed(settings) * settings.clusters))
        sizes += Counter({name: round(count * unnamed / total) for name, count in drawn.items()})
    return sizes


def read_all(labelled: Labelled, settings: TextSelection, clusters: dict[str, Clusters]) -> list[Candidate]:
    """All rows of a corpus that have all sides, in plain form, in its order, each once."""
    names, codes = _codes(labelled, settings)
    found: dict[tuple[str, ...], Candidate] = {}
    number = -1
    for number, raw in enumerate(read_rows(labelled.corpus)):
        row = {code: normalize(text) for code, text in raw.items()}
        if number < len(codes) and all(row.values()):
            key = tuple(row.values())
            found.setdefault(key, Candidate(row, names[codes[number]], math.nan, number_of(settings.seed, *key)))
    if number + 1 != len(codes):
        raise UserError(
            f"{labelled.labels} has {len(codes):,} lines and {labelled.corpus.name} has {number + 1:,}. Line i of both "
            "must be about the same sentence."
        )
    name_candidates([each for each in found.values() if not each.domain], clusters)
    return list(found.values())
