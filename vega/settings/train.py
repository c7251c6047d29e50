"""Settings of `vega train` and `vega finetune`, and what `vega pretrain` shares with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from vega.errors import UserError
from vega.settings.base import SPEED_ONLY, DirectionName, Strict
from vega.settings.curriculum import TextNoise, TrainingPhase, check_phases
from vega.settings.leash import VEGA_CROSS_ENTROPY, Leash
from vega.settings.methods import METHODS, E2s2, Fsam
from vega.vocabulary_files import VOCABULARY_FILES


class TrainerOptions(Strict):
    """Options of every training stage: model, loss, optimizer, mixture of text, schedule, processes."""

    arch: str = Field(default="vega_base", description="vega_tiny, vega_base, vega_big, vega_xl, or any fairseq arch")
    temperature: float = Field(
        default=5.0, gt=0, description="sampling over directions (in pre-training languages) and sets, p ~ n^(1/T)"
    )
    weights: dict[str, float] = Field(
        default={},
        description="explicit weights instead of temperature, others get 0: direction, set, tag (bt, ft, ct, or "
        "genuine for text without), direction/set or direction/tag -> weight. A weight is shared by size; of several "
        "that fit a set the most exact holds",
    )
    curriculum: list[TrainingPhase] = Field(
        default=[],
        description="phases of training, each with its own mixture and noise (weights or temperature, "
        "synthetic_share, noise; else as stated), as in [{name: clean, weights: {genuine: 1}, until: {epochs: 2, "
        "of: genuine}}, {name: mixed, synthetic_share: 0.5, until: {updates: 20000}}, {name: end}]",
    )
    max_tokens: int = Field(default=4096, ge=1, description="tokens in one batch at most, padding counted")
    fit_batches: bool = Field(
        default=False,
        description="find by trial, at the start, the most tokens per batch that memory holds; max_tokens is the limit",
    )
    batches_per_update: int = Field(
        default=1, ge=1, description="batches of one update, over all processes; `processes` must divide it"
    )
    max_update: int = Field(default=100_000, ge=1, description="updates")
    lr: float = Field(default=7e-4, gt=0, description="peak learning rate")
    lr_scheduler: str = Field(default="inverse_sqrt", description="any fairseq scheduler")
    warmup_updates: int = Field(default=4000, ge=0, description="updates of linear warm-up")
    optimizer: str = Field(default="vega_adamw", description="vega_adamw, vega_fsam, or any fairseq optimizer")
    fsam: Fsam | None = Field(
        default=None,
        description="vega_fsam's search for flat minima, as in {rho: 0.05, density: 0.1, refresh: 100, period: 1}; "
        "also scope, fisher_groups, per_batch, adaptive, reuse_weight, decay",
    )
    adam_states: Literal["fp32", "bf16", "8bit"] = Field(
        default="fp32", description="number format of the two moments of vega_adamw and vega_fsam"
    )
    adam_betas: tuple[float, float] = Field(default=(0.9, 0.98), description="Adam's decay rates")
    weight_decay: float = Field(default=0.0, ge=0, description="decoupled weight decay; fsam.decay may couple it")
    clip_norm: float = Field(default=1.0, ge=0, description="gradient norm limit, 0 = off")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="dropout")
    label_smoothing: float = Field(default=0.1, ge=0, lt=1, description="label smoothing")
    criterion: str = Field(
        default=VEGA_CROSS_ENTROPY,
        description="vega_label_smoothed_cross_entropy, vega_e2s2, or any fairseq criterion",
    )
    e2s2: E2s2 | None = Field(
        default=None,
        description="vega_e2s2's losses, as in {clean: 0.5, noised: 0.5, denoising: 0.05, contrastive: 0.05, "
        "temperature: 1.0, shuffle_share: 0.15, replace_share: 0.15, views: noised, sentence: mean}; also prompt",
    )
    precision: Literal["auto", "fp32", "fp16", "bf16"] = Field(
        default="auto", description="number format of training; auto = bf16 on GPUs that have it, else fp32"
    )
    validate_every: int = Field(default=1000, ge=1, description="updates between validations")
    save_every: int = Field(default=1000, ge=1, description="updates between checkpoints")
    keep_checkpoints: int = Field(
        default=3, ge=1, description="most recent checkpoints to keep", json_schema_extra=SPEED_ONLY
    )
    keep_best: int = Field(
        default=0,
        ge=0,
        description="checkpoints of the best validation to keep besides, for `vega average`",
        json_schema_extra=SPEED_ONLY,
    )
    ema_decay: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="keep a moving average of the weights in checkpoints, for `vega average`; with decay d it looks "
        "back on 1 / (1 - d) updates; 0 = none",
    )
    keep_hourly: int = Field(
        default=0,
        ge=0,
        description="with sharding: also keep the first checkpoint of every hour, for so many hours",
        json_schema_extra=SPEED_ONLY,
    )
    log_every: int = Field(default=50, ge=1, description="updates between log lines", json_schema_extra=SPEED_ONLY)
    patience: int = Field(default=-1, description="stop after this many validations without gain, -1 = never")
    spike_factor: float = Field(
        default=0.0,
        ge=0,
        description="go back to the last checkpoint and pass over the text when the gradient norm exceeds so many "
        "times its median; 0 = off",
    )
    watchdog_seconds: int = Field(
        default=540,
        ge=0,
        description="end training that makes no progress for so many seconds, and say where it hangs; 0 = never",
        json_schema_extra=SPEED_ONLY,
    )
    seed: int = Field(default=1, description="seed of initialisation, sampling and dropout")
    num_workers: int = Field(
        default=0,
        ge=0,
        description="processes per training process that read batches ahead; 1 or 2 help a GPU",
        json_schema_extra=SPEED_ONLY,
    )
    processes: int = Field(
        default=1, ge=1, description="training processes, all nodes together, one per GPU", json_schema_extra=SPEED_ONLY
    )
    nodes: int = Field(
        default=1,
        ge=1,
        description="machines; `vega train` is started on each, with MASTER_ADDR and MASTER_PORT of the first",
        json_schema_extra=SPEED_ONLY,
    )
    sharding: Literal["none", "full", "hybrid"] = Field(
        default="none",
        description="parameters, gradients, optimizer state: none = a copy per process, full = divided among all, "
        "hybrid = divided inside each node",
        json_schema_extra=SPEED_ONLY,
    )
    activation_checkpointing: Literal["none", "selective", "full"] = Field(
        default="none",
        description="recompute in backward to save memory: all but matrix products, or whole layers",
        json_schema_extra=SPEED_ONLY,
    )
    cpu_offload: bool = Field(
        default=False,
        description="with sharding: weights and optimizer state in host memory",
        json_schema_extra=SPEED_ONLY,
    )
    threads: int = Field(
        default=0, ge=0, description="CPU threads per process, 0 = share the cores evenly", json_schema_extra=SPEED_ONLY
    )
    jemalloc: bool = Field(
        default=True,
        description="on CPU, preload jemalloc with huge pages where it is found",
        json_schema_extra=SPEED_ONLY,
    )
    trackers: list[Literal["tensorboard", "wandb", "mlflow"]] = Field(
        default=[],
        description="who else gets the figures of the log, any of tensorboard, wandb, mlflow; in files, unless "
        "WANDB_MODE or MLFLOW_TRACKING_URI say where",
        json_schema_extra=SPEED_ONLY,
    )
    tracker_project: str = Field(
        default="vega", min_length=1, description="W&B's project, MLflow's experiment", json_schema_extra=SPEED_ONLY
    )
    tracker_folder: str = Field(
        default="",
        description="folder of the trackers' files; empty = trackers, beside the stage's folder",
        json_schema_extra=SPEED_ONLY,
    )
    extra: dict[str, Any] = Field(
        default={}, description="further fairseq-train options: name -> value, true = the bare flag"
    )

    @field_validator("curriculum")
    @classmethod
    def _in_order(cls, phases: list[TrainingPhase]) -> list[TrainingPhase]:
        check_phases(phases)
        return phases

    def contradiction(self) -> str:
        """What of it excludes each other, as a sentence without its end; empty where nothing does."""
        for block, chosen_by, choice in METHODS:
            if getattr(self, block) is not None and getattr(self, chosen_by) != choice:
                return (
                    f"{block} is only for {chosen_by}: {choice}, not {getattr(self, chosen_by)}; "
                    f"leave {block} out, or change {chosen_by}"
                )
        if self.fsam and self.fsam.decay == "coupled" and self.adam_states != "fp32":
            return f"fsam.decay: coupled needs adam_states: fp32, not {self.adam_states}"
        return ""


class TrainOptions(TrainerOptions):
    """Options of the stage, as a recipe states them."""

    synthetic_share: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="share of each direction's sentences that tagged sets give, where it has both kinds; "
        "none = as weights or temperature have it",
    )
    noise: TextNoise | None = Field(
        default=None,
        description="noise put on text while it is read, as in {typos: 0.1, upper: 0.02, title: 0.02, merge: 0.05}: "
        "probabilities per line of typos, merge (with the next line), and of the case lower, upper or title; "
        "typo_rate = letters mistyped; tag: true marks such lines",
    )
    right_to_left: bool = Field(
        default=False,
        description="write targets from their last token to their first: a model that reranks the output of others",
    )
    leash: Leash | None = Field(
        default=None,
        description="keep near the model of init_from, as in {l2: 1000, kl: 0.1}: l2 = pull of the weights, kl = pull "
        "of the output",
    )

    def contradiction(self) -> str:
        if self.leash and self.leash.kl and self.criterion != VEGA_CROSS_ENTROPY:
            return f"leash.kl is only for criterion: {VEGA_CROSS_ENTROPY}, not {self.criterion}; use leash.l2"
        return super().contradiction()


class TrainerSettings(TrainerOptions):
    """Inputs of every training stage."""

    data: Path = Field(
        description="folder written by `vega binarize`",
        json_schema_extra={"reads": ["train.*", "valid.*", *VOCABULARY_FILES]},
    )
    init_from: Path | None = Field(
        default=None,
        description="checkpoint whose weights to start from, with a fresh learning-rate schedule: "
        "from pre-training to translation, stage 2, fine-tuning",
    )

    @model_validator(mode="after")
    def _without_contradiction(self) -> TrainerSettings:
        if sentence := self.contradiction():
            raise UserError(f"{sentence}.")
        return self


class TrainSettings(TrainOptions, TrainerSettings):
    """Train with fairseq-train and the vega_multidirectional task."""

    directions: list[DirectionName] = Field(description="directions to train", min_length=1)
