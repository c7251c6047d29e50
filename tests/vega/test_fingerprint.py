"""The key changes with everything that decides a result, and with nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from vega.example_settings import example_content
from vega.fingerprint import Inputs, collect_inputs, stage_key
from vega.settings import Corpus, EvaluateSettings, System, TranslateSettings
from vega.stages import COMMANDS
from vega.vocabulary_files import VOCABULARY_FILES

#: Another valid value for fields that a rule below cannot find one for.
OTHER: dict[str, Any] = {
    "fsam": {"density": 0.5},
    "e2s2": {"temperature": 0.1},
    "languages": ["en"],
    "filters": {"length": {"maximum": 9}},
    "model_type": "bpe",
    "weights": {"en-de": 2.0},
    "adam_betas": (0.5, 0.6),
    "precision": "bf16",
    "extra": {"share-all-embeddings": True},
    "metrics": ["bleu"],
    "learn_from": ["news"],
    "tokenizers": {"ja": "char"},
    "neural": [{"path": "wmt22-comet-da"}],
    "about": [{"test_set": "newstest", "references": {"de": ["b.de"]}}],
    "directions": ["en-cs"],
    "max_update": 7,
    "adam_states": "8bit",
    "sharding": "full",
    "activation_checkpointing": "full",
    "device": "cuda",
    "dedup": {"similarity": 0.7},
    "filters_for": {"news": {"copy": None}},
    "ignore": ["newstest*"],
    "price_per_hour": 2.0,
    "cost_per_hour": 2.0,
    "synthetic_share": 0.5,
    "noise": {"typos": 0.1},
    "curriculum": [{"name": "a", "until": {"updates": 3}}, {"name": "b"}],
    "steps": [{"cycle_translation": {}}],
    "normalize": {"width": True},
    "leash": {"l2": 1.0},
    "metric": "bleu",
    "best": 3,
    "to": "sharded",
    "align": "activations",
    "embeddings": "fused",
    "unlabelled": "cluster",
    "vectors": "e5",
    "held_out_domains": ["law"],
    "score": "length_ratio",
    "points": [0.5],
    "length": False,
    "landscape": None,
    "sharpness": None,
    "lexical": None,
    "utility": {"kind": "comet", "path": "wmt22-comet-da"},
    "trackers": ["mlflow"],
}
#: Where a name means something else in another stage.
OTHER_OF = {("probe", "noise"): None, ("postprocess", "min_share"): 0.9}
#: What must be chosen for a setting to be read.
NEEDED = {
    "fsam": {"optimizer": "vega_fsam"}, "e2s2": {"criterion": "vega_e2s2"}, "length": {"consensus": True},
    "best": {"last": None, "ema": True},
}  # fmt: skip
SPEED_ONLY = {
    "workers", "shard_lines", "keep_checkpoints", "log_every", "threads", "jemalloc", "num_workers",
    "processes", "nodes", "sharding", "activation_checkpointing", "cpu_offload",
    "keep_hourly", "keep_best", "watchdog_seconds", "trackers", "tracker_project", "tracker_folder",
    "max_quarantined", "memory_mib", "address", "chunk_lines", "price_per_hour",
}  # fmt: skip


def other(name: str, value: Any) -> Any:
    if name in OTHER:
        return OTHER[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return value / 2 + 0.1 if isinstance(value, float) else f"{value}x"


def scalar_fields() -> list[tuple[str, str]]:
    found = []
    for stage, command in COMMANDS.items():
        for name, info in command.settings.model_fields.items():
            places = ("Path", "Corpus", "System", "NamedModel", "Labelled")
            if name in OTHER or not any(place in str(info.annotation) for place in places):
                found.append((stage, name))
    return found


@pytest.mark.parametrize(("stage", "name"), scalar_fields())
def test_a_setting_changes_the_key_unless_it_is_marked(stage: str, name: str) -> None:
    model: type[BaseModel] = COMMANDS[stage].settings
    content = {**example_content(model), **NEEDED.get(name, {})}
    before = stage_key(stage, model.model_validate(content), Inputs())
    value = OTHER_OF[stage, name] if (stage, name) in OTHER_OF else other(name, content[name])
    changed = model.model_validate({**content, name: value})
    marked = name in SPEED_ONLY and (stage, name) != ("synthesize", "shard_lines")  # a shard is sampled as a whole
    assert (stage_key(stage, changed, Inputs()) == before) == marked


def test_whoever_reads_a_vocabulary_reads_all_of_it() -> None:
    """Another form of the text is other training and another translation, though the pieces be the same."""
    read = {
        f"{stage}.{name}": set(extra["reads"])
        for stage, command in COMMANDS.items()
        for name, info in command.settings.model_fields.items()
        if isinstance(extra := info.json_schema_extra, dict) and "reads" in extra
    }
    vocabularies = {place for place, files in read.items() if files & set(VOCABULARY_FILES)}
    assert vocabularies >= {"binarize.vocab", "binarize.base", "train.data", "translate.data", "synthesize.data"}
    for place in vocabularies:
        assert read[place] >= set(VOCABULARY_FILES), place


def test_the_stage_and_the_inputs_are_in_the_key_and_places_are_not() -> None:
    corpus = Corpus(name="a", languages=["en", "de"], files="x.{lang}")
    settings = EvaluateSettings(translations=Path("t"), test=[corpus])
    moved = EvaluateSettings(
        translations=Path("elsewhere"), test=[corpus.model_copy(update={"files": "other/x.{lang}"})]
    )
    renamed = settings.model_copy(update={"test": [corpus.model_copy(update={"name": "b"})]})
    inputs = Inputs(by_role={"test.0.en": "1"}, by_path={"x.en": "1"})
    assert stage_key("evaluate", settings, inputs) == stage_key("evaluate", moved, inputs)
    keys = {
        stage_key("evaluate", settings, inputs),
        stage_key("report", settings, inputs),
        stage_key("evaluate", renamed, inputs),
        stage_key("evaluate", settings, Inputs(by_role={"test.0.en": "2"})),
        stage_key("evaluate", settings, Inputs(by_role={"test.0.de": "1"})),
    }
    assert len(keys) == 5


def test_a_missing_input_names_the_setting(tmp_path: Path) -> None:
    for language in ("en", "de"):
        (tmp_path / f"x.{language}").write_text("a", encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/dict.txt").write_text("a 1\n", encoding="utf-8")
    corpus = Corpus(name="a", languages=["en", "de"], files=str(tmp_path / "x.{lang}"))
    systems = [System(name="copy", kind="copy"), System(name="b", checkpoint=tmp_path / "none.pt")]
    settings = TranslateSettings(data=tmp_path / "data", systems=systems, test=[corpus], directions=["en-de"])
    with pytest.raises(Exception, match=r"none.pt: no such file .*systems.1.checkpoint"):
        collect_inputs(settings, tmp_path / "out")
