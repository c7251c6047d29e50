"""A run with 2,000 real sentences by three systems, right-to-left text, and text that would be part of the page.

Sentences are those of the demo, two together, so that they are as long as those of news. Everything is scored and
analysed by the stage `evaluate` itself.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from eval.evaluate import run as evaluate
from eval.report.build import run as report
from tests.eval.report.conftest import write, write_log, write_manifest
from vega.settings import AboutTestSet, Corpus, EvaluateSettings, ReportSettings

SENTENCES = 2000
SYSTEMS = ("baseline", "transformer", "fused")
HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<!-- <script>",
    "<img src=x onerror=alert(3)> & \"quotes\" 'and' </style>",
    "{{ 7 * 7 }} %3Cscript%3E \u2028 </dd></li>",
]
RIGHT_TO_LEFT = ["שלום עולם! הקובץ file.txt נשמר (גרסה 2.0).", "مرحبا بالعالم، تم حفظ الملف file.txt (الإصدار 2.0)."]
DATA = Path(__file__).parents[4] / "vega" / "recipes" / "demo_data"


def lines(code: str, shift: int) -> list[str]:
    """SENTENCES lines of a language, each of two of the demo's."""
    texts = DATA.joinpath(f"train.{code}").read_text(encoding="utf-8").splitlines()
    joined = (f"{first} {second}".strip() for first, second in zip(texts, texts[shift:] + texts[:shift], strict=True))
    return list(islice(joined, SENTENCES))


def planted(texts: list[str], at: int) -> list[str]:
    """With hostile and right-to-left lines among the first hundred."""
    found = list(texts)
    for number, text in enumerate([*HOSTILE, *RIGHT_TO_LEFT]):
        found[10 * number + at] = text
    return found


def outputs(reference: list[str]) -> dict[str, list[str]]:
    """Three systems, each better than the one before: the reference with every so many letters wrong."""
    return {
        name: [_worse(text, keep, number) for number, text in enumerate(reference)]
        for name, keep in zip(SYSTEMS, (3, 6, 12), strict=True)
    }


def _worse(text: str, keep: int, number: int) -> str:
    if number % 400 == 399:
        return ""
    return "".join(letter if (at + number) % keep or not letter.isalnum() else "某" for at, letter in enumerate(text))


def write_report(folder: Path) -> Path:
    """The run in `folder`; the path of its report.html."""
    run, source, target = folder / "big", planted(lines("en", 1900), 1), planted(lines("zh", 1900), 1)
    write(folder / "test/help.en", "".join(line + "\n" for line in source))
    write(folder / "test/help.zh", "".join(line + "\n" for line in target))
    write(
        folder / "test/meta.tsv", "".join(f"{'news' if at % 3 else 'chat'}\tdoc{at // 20}\n" for at in range(SENTENCES))
    )
    for name, texts in outputs(target).items():
        write(run / f"translate/{name}/help.en-zh.zh", "".join(text + "\n" for text in planted(texts, 3)))
    corpus = {"name": "help", "languages": ["en", "zh"], "files": str(folder / "test/help.{lang}")}
    about = AboutTestSet(test_set="help", meta=folder / "test/meta.tsv", domain=1, document=2)
    settings = EvaluateSettings(
        translations=run / "translate", test=[Corpus.model_validate(corpus)], metrics=["chrf"], about=[about],
        resamples=100, trials=100,
    )  # fmt: skip
    (run / "evaluate").mkdir()
    evaluate(settings, run / "evaluate")
    write(run / "recipe.yaml", "name: big\n")
    write_log(run / "train/train.log", 2000, ["en-zh", "zh-en"])
    for minute, stage in enumerate(("clean", "binarize", "train")):
        write_manifest(run, stage, minute, 12.5 * (minute + 1))
    write_manifest(run, "translate", 30, 60.0, test=[corpus], systems=[{"name": name} for name in SYSTEMS])
    write_manifest(run, "evaluate", 40, 9.0, **settings.model_dump(mode="json", include={"about", "metrics"}))
    (run / "report").mkdir()
    report(ReportSettings(run=run), run / "report")
    return run / "report/report.html"
