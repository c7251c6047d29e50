"""A small run's folder as the stages would leave it, with hostile text in it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from eval.evaluate import run as evaluate
from tests.eval.report.parsed_page import Page
from vega.settings import Corpus, EvaluateSettings

HOSTILE = "<script>alert(1)</script> & \"quotes\" 'and' </style>"
WORDS = {
    "en": ["Click OK to save the file.", "Opens the Insert menu.", "Returns the hyperbolic sine of a number.", HOSTILE],
    "de": ["Klicken Sie auf OK, um die Datei zu speichern.", "Öffnet das Menü Einfügen.",
           "Gibt den Sinus hyperbolicus einer Zahl zurück.", HOSTILE],
    "ru": ["Нажмите кнопку «ОК», чтобы сохранить файл.", "Открывает меню «Вставка».",
           "Возвращает гиперболический синус числа.", HOSTILE],
    "zh": ["单击“确定”保存文件。", "打开插入菜单。", "返回数字的双曲正弦值。", HOSTILE],
    "ja": ["「OK」をクリックしてファイルを保存します。", "挿入メニューを開きます。",
           "数値の双曲線正弦を返します。", HOSTILE],
    "cs": ["Klepněte na OK a soubor se uloží.", "Otevře nabídku Vložit.",
           "Vrátí hyperbolický sinus čísla.", HOSTILE],
}  # fmt: skip
#: Resamples and trials of the tests, of which there are many in a real run.
FEW = {"resamples": 50, "trials": 50}
NOISE = {"en": "the the the of", "de": "die die der", "ru": "и и в", "zh": "的的的", "ja": "のののを", "cs": "a a v"}


def write(path: Path, content: Any) -> Path:
    """Text as it is, anything else as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def write_manifest(run: Path, stage: str, minute: int, seconds: float, **settings: Any) -> None:
    write(
        run / stage / "manifest.json",
        {
            "stage": stage, "settings": settings, "command": ["vega", stage, f"{stage}.yaml", "--output", stage],
            "inputs": {}, "outputs": {}, "versions": {"python": "3.11.4", "torch": "2.13.0", "sacrebleu": "2.6.0"},
            "started": f"2026-11-23T05:{minute:02d}:00+00:00", "finished": f"2026-11-23T05:{minute + 1:02d}:00+00:00",
            "seconds": seconds, "key": "0" * 64,
        },
    )  # fmt: skip


def write_log(path: Path, updates: int, directions: list[str]) -> None:
    """A fairseq log: text between JSON, values as strings, lines doubled, a NaN, an overlap after resuming."""
    lines = ["fairseq plugins loaded", "{not json", "[1, 2]"]
    for update in range(10, updates + 1, 10):
        nll = 4 + 8 * math.exp(-update / 200)
        values = {"loss": nll + 1, "nll_loss": nll, "wps": 2900.5, "lr": 5e-4 * min(1, update / 100), "gnorm": 1.2}
        inner = {"epoch": 1, "update": 0.5} | {key: f"{value:.4g}" for key, value in values.items()}
        lines += [json.dumps(inner | {"num_updates": str(update), "wall": str(update)})] * (1 + update % 2)
        if update % 100 == 0:
            valid = {"valid_loss": f"{nll + 1.4:.3f}", "valid_nll_loss": f"{nll + 0.3:.3f}", "valid_ppl": "nan"}
            each = {f"valid_nll_{name}": f"{nll + 0.1 * at:.3f}" for at, name in enumerate(directions)}
            line = json.dumps({"epoch": 1, **valid, **each, "valid_num_updates": str(update)})
            lines += [f"2026-11-23 05:00:00 | INFO | valid | {line}", line]
            lines.append(json.dumps({"epoch": 1, "train_loss": "9", "train_num_updates": str(update)}))
    write(path, "\n".join(lines) + "\n")


def write_translations(run: Path, directions: list[str], lines: int) -> None:
    for direction in directions:
        source, target = direction.split("-")
        good = [WORDS[target][at % 4] for at in range(lines)]
        half = [text if at % 3 else text[: len(text) // 2] for at, text in enumerate(good)]
        systems = {"copy": [WORDS[source][at % 4] for at in range(lines)], "untrained": [NOISE[target]] * lines}
        systems["multidirectional"] = half
        if direction == directions[0]:
            systems["finetuned"] = [*good[:-1], ""]
        for system, output in systems.items():
            write(run / f"translate/{system}/help.{direction}.{target}", "".join(text + "\n" for text in output))


def write_run(
    run: Path, *, languages: tuple[str, ...] = ("en", "de", "zh"), lines: int = 8, updates: int = 400
) -> Path:
    """Every stage of a run between English and the other languages."""
    directions = [pair for code in languages[1:] for pair in (f"en-{code}", f"{code}-en")]
    for code in languages:
        write(run.parent / f"test/help.{code}", "".join(WORDS[code][at % 4] + "\n" for at in range(lines)))
    corpus = {"name": "help", "languages": list(languages), "files": str(run.parent / "test/help.{lang}")}
    write(run / "recipe.yaml", yaml.safe_dump({"name": "demo <b>", "description": HOSTILE, "train": {"lr": 5e-4}}))
    dropped = {"empty": 3, "duplicate": 40, "length_ratio": 57}
    samples = {"length_ratio": [{"en": HOSTILE, "de": "Ja."}], "empty": ["a line"]}
    clean = {
        "corpora": {"lohelp": {"read": 3700, "kept": 3600, "dropped": dropped, "samples": samples}},
        "seconds": 4.5,
    }
    write(run / "clean/clean.json", clean)
    sets = [
        {"split": split, "name": "lohelp", "languages": list(languages), "sentences": 3600,
         "tokens": dict.fromkeys(languages, 52000)} for split in ("train", "valid")
    ]  # fmt: skip
    write(run / "binarize/data.json", {"sets": sets, "vocabulary": 4031})
    write_log(run / "train/train.log", updates, directions)
    write_log(run / "finetune-en-de/train.log", 100, directions[:1])
    names = [f"{direction}/lohelp" for direction in directions]
    mixture = {"plan": {n: 1 / len(names) for n in names}, "consumed": {n: 900 + 40 * i for i, n in enumerate(names)}}
    write(run / "train/mixture.json", mixture)
    write_translations(run, directions, lines)
    systems = [{"name": name} for name in ("multidirectional", "finetuned", "copy", "untrained")]
    stages = {"clean": 5.2, "vocab": 7.9, "binarize": 3.1, "train": 402.0, "finetune-en-de": 31.0}
    for minute, (stage, seconds) in enumerate(stages.items()):
        write_manifest(run, stage, minute * 8, seconds)
    write_manifest(run, "evaluate", 40, 9.4, **FEW)
    write_manifest(run, "translate", 37, 64.0, test=[corpus], systems=systems)
    jobs = [
        {"system": system, "test_set": "help", "direction": direction, "sentences": lines, "seconds": 0.5}
        for system in ("copy", "multidirectional") for direction in directions
    ]  # fmt: skip
    write(run / "translate/translate.json", {"seconds": 60.0, "jobs": jobs})
    write(run / ".vocab.tmp/manifest.json", "half written")
    settings = EvaluateSettings(
        translations=run / "translate", test=[Corpus.model_validate(corpus)], resamples=50, trials=50
    )
    (run / "evaluate").mkdir(exist_ok=True)
    evaluate(settings, run / "evaluate")
    return run


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run; tests only read it."""
    return write_run(tmp_path_factory.mktemp("report") / "demo")


@pytest.fixture(scope="session")
def run_with_rounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with synthesis rounds; tests only read it."""
    from tests.eval.report.run_with_rounds import add_rounds

    return add_rounds(write_run(tmp_path_factory.mktemp("rounds") / "demo"))


@pytest.fixture(scope="module")
def report(output: Path) -> dict:
    """What `output`, a fixture of the test module, says."""
    return json.loads((output / "report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def html(output: Path) -> str:
    return (output / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)
