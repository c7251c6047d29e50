"""Training settings as a `fairseq-train` command line: pure, printable, the only place that knows fairseq's options."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path

from vega.errors import UserError
from vega.hardware import training_precision
from vega.settings import VEGA_E2S2, VEGA_FSAM, E2s2, Fsam, PretrainSettings, TrainerSettings, TrainSettings
from vega.settings.leash import VEGA_LEASHED, Leash

TASK, PRETRAINING_TASK = "vega_multidirectional", "vega_denoising"
#: Optimizers with `adam_states`.
VEGA_ADAM = ("vega_adamw", VEGA_FSAM)


def plugin_folder() -> Path:
    """The folder for `--user-dir`: the `fairseq_plugins` that Python would import, found without importing it."""
    found = importlib.util.find_spec("fairseq_plugins")
    if found is None or found.origin is None:
        raise UserError("fairseq_plugins is not installed beside vega: pip install vega-mt, or pip install -e . here.")
    return Path(found.origin).parent


def program(name: str) -> str:
    """A program of this Python's environment, else of PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise UserError(
            f"{name} was not found beside {sys.executable} nor in PATH. Install fairseq (see `vega doctor`)."
        )
    return found


def train_command(settings: TrainerSettings, output: Path, *, on_gpu: bool, launcher: bool = True) -> list[str]:
    """The command line; checkpoints go to `output`/checkpoints, log lines to `output`/train.log.

    Several processes are started by torchrun, without `launcher` by whoever calls it once for each.
    """
    command = [
        program("fairseq-train"),
        str(settings.data),
        "--user-dir",
        str(plugin_folder()),
        *_task(settings),
        *_model_and_loss(settings),
        *_optimization(settings),
        *_schedule_of_records(settings, output),
        *_trouble(settings),
        *_precision(settings),
        *_processes(settings),
        *_extra(settings),
    ]
    return command if settings.processes == 1 or not launcher else [*_launcher(settings), *command]


def _launcher(settings: TrainerSettings) -> list[str]:
    """torchrun, on this machine or on this one of several."""
    if settings.processes % settings.nodes:
        raise UserError(f"{settings.processes} processes cannot be spread evenly over {settings.nodes} nodes.")
    local = ["--nproc_per_node", str(settings.processes // settings.nodes), "--no-python"]
    if settings.nodes == 1:
        return [program("torchrun"), "--standalone", *local]
    try:
        meeting = f"{os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}"
    except KeyError as missing:
        raise UserError(
            f"{missing.args[0]} is not set. With nodes > 1, MASTER_ADDR is the first machine's name, MASTER_PORT "
            "a free port there; start the same command on every machine."
        ) from None
    several = ["--nnodes", str(settings.nodes), "--rdzv_backend", "c10d", "--rdzv_endpoint", meeting]
    return [program("torchrun"), *several, *local]


def _processes(settings: TrainerSettings) -> list[str]:
    # Said even for one: fairseq would otherwise start one process for every GPU it sees.
    options = ["--distributed-world-size", str(settings.processes)]
    if settings.sharding != "none":
        options += ["--ddp-backend", "vega_fsdp"]
        if settings.sharding == "hybrid":
            options += ["--shard-size", str(settings.processes // settings.nodes)]
        options += ["--cpu-offload"] if settings.cpu_offload else []
    elif settings.cpu_offload:
        raise UserError("cpu_offload needs sharding: full or hybrid. With one process, full shards among one.")
    elif settings.processes > 1:
        # All gradients are reduced at once, at the end of an update: an out-of-memory batch can be split and retried.
        options += ["--ddp-backend", "legacy_ddp"]
    return [*options, "--activation-checkpointing", settings.activation_checkpointing]


def _task(settings: TrainerSettings) -> list[str]:
    if isinstance(settings, TrainSettings):
        return [*_translation(settings), *_mixture(settings)]
    assert isinstance(settings, PretrainSettings)
    return [*_denoising(settings), *_mixture(settings)]


def _translation(settings: TrainSettings) -> list[str]:
    options = ["--task", TASK, "--directions", ",".join(settings.directions)]
    if settings.synthetic_share is not None:
        options += ["--synthetic-share", str(settings.synthetic_share)]
    if settings.noise is not None:
        options += ["--text-noise", settings.noise.model_dump_json(exclude_defaults=True)]
    return [*options, "--right-to-left"] if settings.right_to_left else options


def _denoising(settings: PretrainSettings) -> list[str]:
    options = ["--task", PRETRAINING_TASK]
    options += ["--languages", ",".join(settings.languages)] if settings.languages else []
    return [*options, "--mask-share", str(settings.mask_share), "--mask-span", str(settings.mask_span)]


def _mixture(settings: TrainerSettings) -> list[str]:
    if settings.weights:
        options = ["--sampling-weights", json.dumps(settings.weights)]
    else:
        options = ["--sampling-temperature", str(settings.temperature)]
    if settings.curriculum:
        phases = [phase.model_dump(mode="json", exclude_defaults=True) for phase in settings.curriculum]
        options += ["--phases", json.dumps(phases)]
    return options


def _model_and_loss(settings: TrainerSettings) -> list[str]:
    leash = settings.leash if isinstance(settings, TrainSettings) else None
    criterion = VEGA_LEASHED if leash and leash.kl else settings.criterion
    options = ["--arch", settings.arch, "--dropout", str(settings.dropout), "--criterion", criterion]
    options += _leash(leash, settings) if leash else []
    if "label_smoothed" in criterion or criterion in (VEGA_E2S2, VEGA_LEASHED):
        options += ["--label-smoothing", str(settings.label_smoothing)]
    return [*options, *_e2s2(settings.e2s2 or E2s2())] if settings.criterion == VEGA_E2S2 else options


def _leash(leash: Leash, settings: TrainerSettings) -> list[str]:
    if settings.init_from is None:
        raise UserError("leash: it keeps near the model of init_from, and there is none. Name one, or leave leash out.")
    kl = ["--leash-kl", str(leash.kl)] if leash.kl else []
    return [*kl, *(["--leash-l2", str(leash.l2)] if leash.l2 else [])]


def _e2s2(losses: E2s2) -> list[str]:
    options = ["--e2s2-noised-weight", str(losses.noised), "--e2s2-clean-weight", str(losses.clean)]
    options += ["--e2s2-denoising-weight", str(losses.denoising), "--e2s2-contrastive-weight", str(losses.contrastive)]
    options += ["--e2s2-temperature", str(losses.temperature), "--e2s2-shuffle-share", str(losses.shuffle_share)]
    options += ["--e2s2-replace-share", str(losses.replace_share), "--e2s2-views", losses.views]
    return [*options, "--e2s2-sentence", losses.sentence, "--e2s2-prompt", losses.prompt]


def _fsam(search: Fsam) -> list[str]:
    options = ["--fsam-rho", str(search.rho), "--fsam-density", str(search.density)]
    options += ["--fsam-refresh", str(search.refresh), "--fsam-period", str(search.period)]
    options += ["--fsam-scope", search.scope, "--fsam-fisher-groups", str(search.fisher_groups)]
    options += ["--fsam-per-batch"] if search.per_batch else []
    options += ["--fsam-adaptive"] if search.adaptive else []
    options += [] if search.reuse_weight is None else ["--fsam-reuse-weight", str(search.reuse_weight)]
    return [*options, "--fsam-decay", search.decay]


def _optimization(settings: TrainerSettings) -> list[str]:
    options = ["--optimizer", settings.optimizer, "--lr", str(settings.lr), "--lr-scheduler", settings.lr_scheduler]
    if settings.optimizer in VEGA_ADAM:
        options += ["--adam-states", settings.adam_states]
    elif settings.adam_states != "fp32":
        raise UserError(
            f"adam_states: {settings.adam_states} needs optimizer: {' or '.join(VEGA_ADAM)}, not {settings.optimizer}."
        )
    options += _fsam(settings.fsam or Fsam()) if settings.optimizer == VEGA_FSAM else []
    if "adam" in settings.optimizer or settings.optimizer in VEGA_ADAM:
        options += ["--adam-betas", str(settings.adam_betas), "--weight-decay", str(settings.weight_decay)]
    if settings.lr_scheduler in ("inverse_sqrt", "polynomial_decay", "cosine"):
        options += ["--warmup-updates", str(settings.warmup_updates)]
    if settings.lr_scheduler == "polynomial_decay":  # to 0 at the last update
        options += ["--total-num-update", str(settings.max_update)]
    if settings.lr_scheduler == "cosine":  # one half wave
        options += ["--lr-period-updates", str(settings.max_update - settings.warmup_updates)]
    options += ["--clip-norm", str(settings.clip_norm), "--max-tokens", str(settings.max_tokens)]
    options += ["--fit-batches"] if settings.fit_batches else []
    if settings.batches_per_update % settings.processes:
        raise UserError(
            f"batches_per_update {settings.batches_per_update} cannot be shared by {settings.processes} processes "
            "evenly. Make it a multiple of processes."
        )
    options += ["--batches-per-update", str(settings.batches_per_update), "--max-update", str(settings.max_update)]
    return [*options, "--seed", str(settings.seed), "--num-workers", str(settings.num_workers)]


def _schedule_of_records(settings: TrainerSettings, output: Path) -> list[str]:
    options = ["--save-dir", str(output / "checkpoints"), "--no-epoch-checkpoints"]
    options += ["--save-interval-updates", str(settings.save_every)]
    options += ["--keep-interval-updates", str(settings.keep_checkpoints), *_hourly(settings)]
    options += ["--keep-best", str(settings.keep_best), "--average-decay", str(settings.ema_decay)]
    options += ["--validate-interval-updates", str(settings.validate_every), "--patience", str(settings.patience)]
    options += ["--log-format", "json", "--log-interval", str(settings.log_every)]
    options += ["--log-file", str(output / "train.log")]
    if settings.init_from is not None:
        options += ["--finetune-from-model", str(settings.init_from)]
    return options


def _hourly(settings: TrainerSettings) -> list[str]:
    sharded = settings.sharding != "none" or settings.extra.get("checkpoint_format") == "sharded"
    if settings.keep_hourly and not sharded:
        raise UserError("keep_hourly needs sharding: full or hybrid. With one process, full shards among one.")
    return ["--keep-hourly", str(settings.keep_hourly)] if sharded else []


def _trouble(settings: TrainerSettings) -> list[str]:
    return ["--spike-factor", str(settings.spike_factor), "--watchdog-seconds", str(settings.watchdog_seconds)]


def _precision(settings: TrainerSettings) -> list[str]:
    return {"fp32": [], "fp16": ["--fp16"], "bf16": ["--bf16"]}[training_precision(settings.precision)]


def _extra(settings: TrainerSettings) -> list[str]:
    options = []
    for name, value in settings.extra.items():
        if value is False or value is None:
            continue
        options.append("--" + name.replace("_", "-"))
        if value is not True:
            options.append(str(value))
    return options
