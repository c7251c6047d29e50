"""The stage `postprocess`: learn how the training targets are written, and write all translations so.

Input: the folder of `vega translate`. Output: the same layout with rewritten lines; `conventions.LANGUAGE.json`, what
was learnt; `postprocess.json`: {"languages": {code: conventions}, "changed": [{system, test_set, direction, lines,
changed, samples: [{line, before, after}]}]}, lines from 1. All systems alike, baselines too: a difference between two
systems is never one of post-processing. Test references are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from eval.evaluate import TRANSLATION_FILE, system_folders
from vega.atomic import write_json, write_text
from vega.conventions import Clarity, Conventions, apply, choose, count
from vega.corpus import read_texts
from vega.directions import parse_direction
from vega.errors import UserError
from vega.progress import track
from vega.settings import Corpus, PostprocessSettings
from vega.text_files import count_sound_lines, read_lines

#: Changed lines of each file that are shown.
SAMPLES = 8


def run(settings: PostprocessSettings, output: Path) -> None:
    """Learn, rewrite every file under `settings.translations`, and say what changed."""
    files = _translations(settings.translations)
    targets = sorted({target for _, _, target in files})
    learnt = {code: learn_conventions(settings, code) for code in track(targets, "learn conventions", len(targets))}
    changed = []
    for path, names, target in track(files, "postprocess", len(files)):
        before = list(read_lines(path))
        after = [apply(line, learnt[target]) for line in before]
        write_text(output / path.parent.name / path.name, "".join(f"{line}\n" for line in after))
        changed.append(names | _changes(before, after))
    languages = {code: found.as_json() for code, found in learnt.items()}
    for code, content in languages.items():
        write_json(output / f"conventions.{code}.json", content)
    write_json(output / "postprocess.json", {"languages": languages, "changed": changed})


def learn_conventions(settings: PostprocessSettings, language: str) -> Conventions:
    """What the genuine training text in `language` that is a target shows; nothing where there is none."""
    corpora = [corpus for corpus in _chosen(settings) if _is_target(corpus, language)]
    counts = [count(_spread(corpus, language, settings.max_lines), language) for corpus in corpora]
    return choose(counts, language, Clarity(settings.min_share, settings.min_count))


def _chosen(settings: PostprocessSettings) -> list[Corpus]:
    """The genuine corpora to learn from. UserError for a name that none has."""
    genuine = [corpus for corpus in settings.corpora if not corpus.tag]
    names = {corpus.name for corpus in genuine}
    if strange := [name for name in settings.learn_from if name not in names]:
        raise UserError(
            f"postprocess.learn_from: there is no genuine training corpus '{strange[0]}'. "
            f"There are: {', '.join(sorted(names))}."
        )
    return [corpus for corpus in genuine if not settings.learn_from or corpus.name in settings.learn_from]


def _is_target(corpus: Corpus, language: str) -> bool:
    if language not in corpus.languages:
        return False
    return not corpus.directions or any(parse_direction(name).target == language for name in corpus.directions)


def _spread(corpus: Corpus, language: str, most: int) -> Iterator[str]:
    """At most `most` lines, evenly spread over the corpus."""
    lines = count_sound_lines(corpus.paths()[language]) if corpus.kind == "text" else 0
    return islice(read_texts(corpus, language), 0, None, max(1, -(-lines // most)))


def _translations(folder: Path) -> list[tuple[Path, dict[str, str], str]]:
    """Each file with its names in postprocess.json, and its target."""
    found = []
    for system in system_folders(folder):
        for path in sorted(path for path in system.iterdir() if not path.name.startswith(".")):
            match = TRANSLATION_FILE.fullmatch(path.name)
            if not match:
                raise UserError(f"{path}: not the name of a translation, as news.en-de.de. Move it out of the folder.")
            names = {"system": system.name, "test_set": match["test"], "direction": match["direction"]}
            found.append((path, names, match["target"]))
    if not found:
        raise UserError(f"{folder}: no translations in any system's folder. Run `vega translate`.")
    return found


def _changes(before: Sequence[str], after: Sequence[str]) -> dict[str, Any]:
    changed = [line for line, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    samples = [{"line": line + 1, "before": before[line], "after": after[line]} for line in changed[:SAMPLES]]
    return {"lines": len(before), "changed": len(changed), "samples": samples}
