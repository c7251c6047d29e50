"""What a recipe will do and need, before anything runs.

The keys of `vega plan RECIPE --json` are stable:
recipe, description, arch, parameters (int, null for an architecture Vega does not know), vocabulary (symbols),
languages, directions,
corpora: [{split, name, group, stored_bytes, text_bytes, lines, missing}],
stages: [{name, command, seconds}] (seconds null where nothing is known),
training: [{stage, directions, passes, updates, tokens_per_update, tokens, flops, seconds, tokens_per_second}]
(directions empty for pre-training; passes: over the text in an update, 1 but with vega_fsam),
memory: {weights, gradients, optimizer, communication, activations, loss, total, host} in bytes of one training process:
of `train` or pre-training, which ever needs more (`remedies` are of the same); the total is on its device, host is what
`cpu_offload` puts into host memory instead; null as for parameters,
fits: whether that total fits the device (null where either is unknown; a CPU's memory is not asked for),
cards: [names] of GPUs in `vega.hardware.CARDS` that it fits, smallest first,
remedies: [setting: value] that would save memory, up to where it fits; empty where it does,
checkpoint: {bytes, seconds, pause_seconds}: one save; pause is how long training waits for it (null as for parameters),
disk: {text, data, checkpoints, total} in bytes,
device: {name, tflops, source, memory (bytes that training can use, or null), processes}, notes: [sentences].
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vega.corpus_sizes import CorpusSize, corpus_size
from vega.estimates import CHECKPOINT_BYTES, training_flops
from vega.hardware import CARDS, Device, training_device, training_precision, usable_bytes
from vega.memory import AVERAGE_BYTES, passes_of, training_memory
from vega.model_sizes import SIZES, ModelSize
from vega.recipe import Recipe
from vega.settings import VEGA_FSAM, Fsam, TrainerOptions, TrainerSettings, TrainSettings
from vega.stage_graph import build_stages
from vega.stages import Stage
from vega.vocabulary import SPECIAL_SYMBOLS, tags_for

#: SentencePiece's <unk>, <s> and </s> are not symbols of the dictionary.
NOT_PIECES = 3
SPLITS = ("train", "valid", "test", "mono")
#: Text bytes in one piece, for the size of binarized data; CJK text has fewer, long vocabularies more.
BYTES_PER_TOKEN = 4.0
#: Checkpoints besides the most recent ones: best and last.
EXTRA_CHECKPOINTS = 2
#: GB/s that a shared disk takes from all nodes together, where nothing is stated.
DISK_RATE = 5.0
#: GB/s from a GPU into pageable host memory.
HOST_COPY_RATE = 5.0
#: Settings that save memory, those that cost least speed first.
REMEDIES: tuple[dict[str, Any], ...] = (
    {"sharding": "full"},
    {"optimizer": "vega_adamw", "adam_states": "8bit"},
    {"activation_checkpointing": "full"},
    {"cpu_offload": True},
)


def vocabulary_size(recipe: Recipe) -> int:
    """Symbols of the dictionary: fairseq's own, pieces, tags."""
    return len(SPECIAL_SYMBOLS) + recipe.vocab.size - NOT_PIECES + len(tags_for(recipe.languages))


def make_plan(recipe: Recipe, tflops: float | None = None, disk_rate: float = DISK_RATE) -> dict[str, Any]:
    """The plan as plain data with the keys above. Missing text is planned as nothing, and the notes say so.

    `disk_rate` is what the shared disk takes from all nodes together, in GB/s.
    """
    stages = build_stages(recipe, Path("runs") / recipe.name)
    corpora = [corpus_size(split, corpus) for split in SPLITS for corpus in getattr(recipe.corpora, split)]
    vocabulary = vocabulary_size(recipe)
    size = SIZES.get(recipe.train.arch)
    device = training_device(training_precision(recipe.train.precision), recipe.train.processes, tflops)
    training = [_training(stage, vocabulary, device) for stage in stages if isinstance(stage.settings, TrainerSettings)]
    seconds = {entry["stage"]: entry["seconds"] for entry in training}
    largest = _largest(recipe, size, vocabulary)
    memory = _memory(largest, size, vocabulary)
    return {
        "recipe": recipe.name,
        "description": recipe.description,
        "arch": recipe.train.arch,
        "parameters": size.num_parameters(vocabulary) if size else None,
        "vocabulary": vocabulary,
        "languages": recipe.languages,
        "directions": [str(direction) for direction in recipe.train_directions()],
        "corpora": corpora,
        "stages": [{"name": s.name, "command": s.command, "seconds": seconds.get(s.name)} for s in stages],
        "training": training,
        "memory": memory,
        "fits": memory["total"] <= device.memory if memory and device.memory else None,
        "cards": _cards(memory["total"]) if memory else [],
        "remedies": _remedies(largest, size, vocabulary, device.memory) if size and device.memory else [],
        "checkpoint": _checkpoint(recipe.train, size, vocabulary, disk_rate) if size else None,
        "disk": _disk(recipe, corpora, stages, vocabulary),
        "device": {**device._asdict(), "processes": recipe.train.processes},
        "notes": _notes(recipe, corpora, size, disk_rate),
    }


def _training(stage: Stage, vocabulary: int, device: Device) -> dict[str, Any]:
    """Tokens, operations and time of one training stage; batches are counted as full."""
    settings = stage.settings
    assert isinstance(settings, TrainerSettings)
    per_update = settings.max_tokens * settings.batches_per_update
    tokens = per_update * settings.max_update
    size = SIZES.get(settings.arch)
    passes = (settings.fsam or Fsam()).passes if settings.optimizer == VEGA_FSAM else 1.0
    flops = seconds = None
    if size:
        rates = training_flops(size, vocabulary)
        encoder, decoder = passes_of(settings)
        flops = passes * tokens * (rates.source * encoder + rates.target * decoder)
        seconds = flops / (device.tflops * 1e12 * settings.processes)
    return {
        "stage": stage.name,
        "directions": settings.directions if isinstance(settings, TrainSettings) else [],
        "passes": passes,
        "updates": settings.max_update,
        "tokens_per_update": per_update,
        "tokens": tokens,
        "flops": flops,
        "seconds": seconds,
        "tokens_per_second": tokens / seconds if seconds else None,
    }


def _checkpoint(train: TrainerOptions, size: ModelSize, vocabulary: int, disk_rate: float) -> dict[str, float]:
    """Sharded training writes in the background, after copying to host memory; else it waits for the disk.

    A copy of the model is written once: by the processes of one node with hybrid sharding, by all of them with full.
    """
    total = _checkpoint_bytes(train) * size.num_parameters(vocabulary)
    seconds = total / (disk_rate * 1e9)
    writers = {"none": 1, "full": train.processes, "hybrid": max(1, train.processes // train.nodes)}[train.sharding]
    pause = seconds if train.sharding == "none" else total / writers / (HOST_COPY_RATE * 1e9)
    return {"bytes": total, "seconds": seconds, "pause_seconds": pause}


def _checkpoint_bytes(train: TrainerOptions) -> int:
    """Per parameter; the average, vega_fsam's mask (1 byte) and direction (4) are stored shaped like the weights."""
    stored = CHECKPOINT_BYTES + (AVERAGE_BYTES if train.ema_decay else 0)
    if train.optimizer != VEGA_FSAM:
        return stored
    search = train.fsam or Fsam()
    return stored + (search.density < 1) + 4 * (search.period > 1)


def _largest(recipe: Recipe, size: ModelSize | None, vocabulary: int) -> TrainerOptions:
    """Of training and pre-training, which use the same devices, the one that needs more memory."""
    if recipe.pretrain is None or size is None:
        return recipe.train
    both: list[TrainerOptions] = [recipe.train, recipe.pretrain_options()]
    return max(
        both, key=lambda each: training_memory(size, vocabulary, each, training_precision(each.precision))["total"]
    )


def _memory(train: TrainerOptions, size: ModelSize | None, vocabulary: int) -> dict[str, int] | None:
    return training_memory(size, vocabulary, train, training_precision(train.precision)) if size else None


def _cards(total: int) -> list[str]:
    by_memory = sorted(CARDS, key=lambda name: CARDS[name].gib)
    return [name for name in by_memory if total <= usable_bytes(CARDS[name].gib)]


def _remedies(train: TrainerOptions, size: ModelSize, vocabulary: int, room: int) -> list[str]:
    precision = training_precision(train.precision)
    found: list[str] = []
    for changes in REMEDIES:
        total = training_memory(size, vocabulary, train, precision)["total"]
        if total <= room:
            return found
        if train.optimizer == VEGA_FSAM:  # a choice of method is not for us to change
            changes = {name: value for name, value in changes.items() if name != "optimizer"}
        changed = train.model_copy(update=changes)
        if training_memory(size, vocabulary, changed, precision)["total"] < total:
            train = changed
            found += [f"{name}: {str(value).lower()}" for name, value in changes.items()]
    if training_memory(size, vocabulary, train, precision)["total"] > room:
        found.append("max_tokens: fewer")
    return found


def _disk(recipe: Recipe, corpora: list[CorpusSize], stages: Sequence[Stage], vocabulary: int) -> dict[str, int]:
    """Cleaned text, binarized data, checkpoints of all training stages."""
    text = sum(corpus["text_bytes"] for corpus in corpora if corpus["split"] in ("train", "mono"))
    everything = sum(corpus["text_bytes"] for corpus in corpora)
    data = round(everything / BYTES_PER_TOKEN * (2 if vocabulary < 65_500 else 4))
    checkpoints = 0
    for stage in stages:
        if isinstance(stage.settings, TrainerSettings) and (size := SIZES.get(stage.settings.arch)):
            kept = stage.settings.keep_checkpoints + stage.settings.keep_best + EXTRA_CHECKPOINTS
            checkpoints += kept * _checkpoint_bytes(stage.settings) * size.num_parameters(vocabulary)
    return {"text": text, "data": data, "checkpoints": checkpoints, "total": text + data + checkpoints}


def _notes(recipe: Recipe, corpora: list[CorpusSize], size: ModelSize | None, disk_rate: float) -> list[str]:
    notes = ["Times count full batches, source and target alike, and no start-up, validation or saving."]
    missing = [path for corpus in corpora for path in corpus["missing"]]
    if missing:
        hint = "; add --set data=FOLDER" if recipe.data is None and "{data}" in missing[0] else ""
        notes.append(f"{len(missing)} text files are not here ({missing[0]}, ...), planned as empty{hint}.")
    if size is None:
        notes.append(f"The size of '{recipe.train.arch}' is unknown here, only {', '.join(SIZES)} are planned.")
    else:
        notes.append("Memory is arithmetic, tested on CPU; a GPU's allocator needs some per cent more.")
        notes.append(f"Checkpoints: {disk_rate:g} GB/s to the disk (--disk-rate), {HOST_COPY_RATE:g} GB/s to the host.")
    return notes
