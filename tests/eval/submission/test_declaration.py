"""The declaration says what the translations go back to, and nothing else."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from eval.submission.run import run
from eval.submission.trace import trace
from tests.eval.submission.official_files import GERMAN, hypothesis, official
from vega.errors import UserError
from vega.settings.submission import SubmissionSettings

BEST = "checkpoints/checkpoint_best.pt"


class Folder:
    """A run's folder, stage by stage, as stages leave it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._count = 0

    def stage(self, name: str, command: str, reads: list[str], writes: dict[str, str], **settings: Any) -> None:
        folder = self.path / name
        for relative, text in writes.items():
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            (folder / relative).write_text(text, encoding="utf-8")
        self._count += 1
        inputs = {path if path.startswith("/") else str(self.path / path): "0" * 64 for path in reads}
        sizes = {path: [1000, 1] for path in inputs} | {name: [len(text.encode()), 1] for name, text in writes.items()}
        manifest = {
            "stage": command, "settings": settings, "command": [], "inputs": inputs, "stats": sizes, "seconds": 1.5,
            "outputs": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in writes.items()},
            "versions": {"vega": "0.1.0"}, "key": "k", "started": f"2026-11-30T10:{self._count:02d}:00+00:00",
            "finished": "",
        }  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def corpus(name: str, languages: list[str], tag: str = "", files: str = "/text/{lang}") -> dict[str, Any]:
    return {"name": name, "languages": languages, "files": files, "tag": tag, "mtdata": []}


def cleaned(*corpora: dict[str, Any]) -> str:
    facts = {
        f"{each['name']}.{'-'.join(each['languages'])}": {
            "read": 10, "kept": 8, "corpus": each,
            "filters": {"language_id": {"options": {}}, "encoder": {"options": {"model": "/models/LaBSE"}},
                        "length": {"options": {"max_tokens": 9}}},
        }
        for each in corpora
    }  # fmt: skip
    return json.dumps({"corpora": facts})


def encoded(*sets: tuple[str, list[str]]) -> str:
    return json.dumps(
        {"sets": [{"split": "train", "name": n, "languages": c, "tokens": dict.fromkeys(c, 50)} for n, c in sets]}
    )


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Genuine text, a round of back-translation, an ensemble of both models; a fine-tuned model that is not in it."""
    path = tmp_path / "run"
    folder = Folder(path)
    pair = ["en", "de"]
    news, mono = corpus("news", pair), corpus("mono", ["de"], files="/text/mono.{lang}")
    made = corpus("r1_bt", pair, "bt", f"{path}/synthesize-r1/r1_bt.en-de.{{lang}}")
    folder.stage("clean", "clean", ["/text/en", "/text/de", "/text/mono.de"],
                 {"clean.json": cleaned(news, mono), "news.en-de.en": "abc\n", "news.en-de.de": "äb\n"})  # fmt: skip
    folder.stage("vocab", "vocab", ["clean/news.en-de.en"], {"spm.model": "v"}, size=300, model_type="unigram")
    folder.stage("binarize", "binarize", ["clean/news.en-de.en", "vocab/spm.model"],
                 {"data.json": encoded(("news", pair))})  # fmt: skip
    folder.stage("train", "train", ["binarize/data.json", "/models/brought.pt"],
                 {BEST: "1", "mixture.json": json.dumps({"consumed": {"en-de/news": 70}})},
                 init_from="/models/brought.pt", arch="vega_tiny", max_update=5)  # fmt: skip
    folder.stage("synthesize-r1", "synthesize", [f"train/{BEST}", "clean/mono.de.de"], {"synthesize.json": "{}"})
    folder.stage("clean-r1", "clean", ["synthesize-r1/synthesize.json"], {"clean.json": cleaned(made)})
    folder.stage("binarize-r1", "binarize", ["clean-r1/r1_bt.en-de.en", "binarize/data.json"],
                 {"data.json": encoded(("news", pair), ("r1_bt", pair))})  # fmt: skip
    folder.stage("train-r1", "train", ["binarize-r1/data.json"],
                 {BEST: "2", "mixture.json": json.dumps({"consumed": {"en-de/news": 30, "en-de/r1_bt": 40}})},
                 init_from=None, arch="vega_tiny", max_update=9)  # fmt: skip
    folder.stage("finetune-x", "finetune", [f"train-r1/{BEST}"], {BEST: "3"}, init_from=str(path / "train-r1" / BEST))
    models = [
        {"name": "a", "checkpoint": f"{path}/train/{BEST}"},
        {"name": "b", "checkpoint": f"{path}/train-r1/{BEST}"},
    ]
    folder.stage("ensemble-both", "ensemble", [f"train/{BEST}", f"train-r1/{BEST}"], {"decoder.json": "{}"}, beam=4)
    systems = [
        {"name": "copy", "kind": "copy"},
        {"name": "multidirectional", "checkpoint": f"{path}/train/{BEST}"},
        {"name": "finetune-x", "checkpoint": f"{path}/finetune-x/{BEST}"},
        {"name": "both", "kind": "decoder", "decoder": f"{path}/ensemble-both", "models": models},
    ]
    written = {
        "both/test.en-de.de": "".join(f"{line}\n" for line in GERMAN),
        "finetune-x/test.en-de.de": "x\n" * 6,
        "multidirectional/test.en-de.de": "same\n" * 6,
        "copy/test.en-de.de": "same\n" * 6,
    }
    folder.stage(
        "translate", "translate", [f"finetune-x/{BEST}"], written, data=f"{path}/binarize", systems=systems, beam=5
    )
    for stage in ("train", "train-r1", "finetune-x"):
        (path / stage / BEST).unlink()  # archived without its weights; a real run is in tests/end_to_end
    (path / "recipe.yaml").write_text("name: both\n", encoding="utf-8")
    return path


def declared(source: Path, files: Path, run_folder: Path, **more: Any) -> tuple[dict[str, Any], str, list[str]]:
    said: list[str] = []
    output = source.parent / "Us.xml"
    values = {"input": source, "hypothesis": [files], "system": "Us", "team": "we", "output": output, "run": run_folder}
    run(SubmissionSettings.model_validate({**values, **more}), said.append)
    facts = json.loads(output.with_name("Us.xml.declaration.json").read_text(encoding="utf-8"))
    return facts, output.with_name("Us.xml.declaration.md").read_text(encoding="utf-8"), said


def test_everything_the_system_was_made_of_and_nothing_else(tmp_path: Path, made: Path) -> None:
    facts, page, _ = declared(official(tmp_path), made / "translate/both/test.en-de.de", made)
    assert (facts["run_system"], facts["kind"], facts["written_by"]) == ("both", "decoder", "translate")
    names = [each["stage"] for each in facts["stages"]]
    assert names == ["clean", "vocab", "binarize", "train", "synthesize-r1", "clean-r1", "binarize-r1", "train-r1",
                     "ensemble-both", "translate"]  # fmt: skip
    rows = {row["name"]: row for row in facts["text"]}
    assert {name: row["kind"] for name, row in rows.items()} == {
        "news": "parallel", "mono": "monolingual", "r1_bt": "synthetic (back-translated)",
    }  # fmt: skip
    assert rows["news"]["bytes_kept"] == {"en": 4, "de": 4} and rows["news"]["tokens"] == {"en": 50, "de": 50}
    assert (rows["news"]["lines_read"], rows["news"]["lines_kept"], rows["news"]["trained_tokens"]) == (10, 8, 100)
    assert [file["path"] for file in rows["news"]["files"]] == ["/text/en", "/text/de"]
    assert rows["r1_bt"]["files"] == [] and rows["r1_bt"]["trained_tokens"] == 40
    assert [(m["name"], m["stage"]) for m in facts["models"]] == [("a", "train"), ("b", "train-r1")]
    starts = {each["stage"]: each["starts_from"] for each in facts["trainings"]}
    assert starts == {"train": "/models/brought.pt", "train-r1": "random weights"}
    origins = [model["origin"] for model in facts["pretrained_models"]]
    assert origins[0] == "from outside of this run" and "/models/LaBSE" in origins
    assert any("lid.176.ftz" in origin for origin in origins) and len(origins) == 3
    for said in ("Team we, en-de", "## Pre-trained models", "| news | en, de | parallel | 10 | 8 |", "/models/LaBSE",
                 "2 models translate together", "`ensemble-both` (ensemble): beam 4", "name: both"):  # fmt: skip
        assert said in page, said


def test_it_is_the_same_each_time_and_where_the_run_was_moved(tmp_path: Path, made: Path) -> None:
    source = official(tmp_path)
    first = declared(source, made / "translate/both/test.en-de.de", made)
    assert declared(source, made / "translate/both/test.en-de.de", made) == first
    moved = made.rename(tmp_path / "elsewhere")
    facts, _, _ = declared(source, moved / "translate/both/test.en-de.de", moved)
    assert facts["stages"] == first[0]["stages"] and facts["text"] == first[0]["text"]


def test_a_model_of_one_training_needs_no_other(tmp_path: Path, made: Path) -> None:
    files = hypothesis(tmp_path, GERMAN)
    facts, page, said = declared(official(tmp_path), files, made, run_system="multidirectional")
    assert [each["stage"] for each in facts["stages"]] == ["clean", "vocab", "binarize", "train", "translate"]
    assert {row["name"] for row in facts["text"]} == {"news"}  # mono was for the round only
    assert facts["written_by"] == "" and "not as the run wrote them" in page
    assert said[0].startswith(f"warning: {files}: not what 'multidirectional' wrote in {made}")


def test_the_system_is_found_by_what_it_wrote(tmp_path: Path, made: Path) -> None:
    copied = hypothesis(tmp_path, GERMAN, "anywhere.txt")
    assert trace(made, [copied], "").system.name == "both"
    assert trace(made, [made / "translate/multidirectional/test.en-de.de"], "").system.name == "multidirectional"
    for files, name, message in (
        (
            hypothesis(tmp_path, ["same"] * 6),
            "",
            "Name one with --run-system: copy, multidirectional, finetune-x, both",
        ),
        (hypothesis(tmp_path, ["other"] * 6), "", "it has no system that wrote"),
        (copied, "none", "no system 'none'"),
    ):
        with pytest.raises(UserError, match=message):
            trace(made, [files], name)


def test_what_postprocessing_wrote_is_said(tmp_path: Path, made: Path) -> None:
    folder = Folder(made)
    polished = [f"{line} " for line in GERMAN]
    folder.stage("postprocess", "postprocess", [], {"both/test.en-de.de": "".join(f"{line}\n" for line in polished)})
    facts, page, _ = declared(official(tmp_path), made / "postprocess/both/test.en-de.de", made)
    assert facts["written_by"] == "postprocess" and [s["command"] for s in facts["steps"]] == [
        "postprocess",
        "ensemble",
    ]
    assert "as its stage `postprocess` wrote them" in page


def test_without_a_finished_translate_stage_nothing_is_declared(tmp_path: Path, made: Path) -> None:
    (made / "translate/manifest.json").unlink()
    with pytest.raises(UserError, match="its stage translate has not finished"):
        declared(official(tmp_path), hypothesis(tmp_path, GERMAN), made)
    assert not (tmp_path / "Us.xml").exists()
