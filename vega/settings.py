"""What each stage can be told: one strict, typed model per stage, read from YAML and `--set key=value`.

A stage command is `vega <stage> SETTINGS.yaml --output FOLDER`; `vega run` writes that file for every stage.
`<Stage>Options` is what a recipe states; `<Stage>Settings` adds the inputs, which the run fills in.
Each field says its meaning and unit; `vega <stage> --help` prints them. An unknown key is an error that
names the nearest known one (see `vega.strict_yaml`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from vega.languages import language

#: Marks a field that changes speed or logging only: changing it does not re-run a finished stage.
SPEED_ONLY: dict[str, Any] = {"affects_result": False}
# A folder field may name with "reads" the files that it reads: a change of others does not re-run the stage.


class Strict(BaseModel):
    """Unknown keys fail, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Corpus(Strict):
    """Line-aligned text in two or more languages: line i of every file is the same sentence."""

    name: str = Field(description="short name of the source, unique in the recipe", pattern=r"^[A-Za-z0-9_]+$")
    languages: list[str] = Field(description="language codes, two or more", min_length=2)
    files: str = Field(description="path with {lang} in it, plain, .gz or .xz", examples=["data/train.{lang}.gz"])

    @field_validator("languages")
    @classmethod
    def _known(cls, codes: list[str]) -> list[str]:
        for code in codes:
            language(code)
        if len(set(codes)) != len(codes):
            raise ValueError("a language is named twice")
        return codes

    @field_validator("files")
    @classmethod
    def _pattern(cls, files: str) -> str:
        if "{lang}" not in files:
            raise ValueError("the path must contain {lang}")
        return files

    @property
    def group(self) -> str:
        """The languages joined by '-', as in file names: `en-de`, `en-de-cs`."""
        return "-".join(self.languages)

    def paths(self) -> dict[str, Path]:
        """One file per language."""
        return {code: Path(self.files.replace("{lang}", code)) for code in self.languages}


class DedupOptions(Strict):
    """What counts as a repeated row. Equal pairs always do; the first one stays (see data_pipeline/dedup)."""

    sides: list[str] = Field(
        default=[], description="languages in which one text may occur in one pair only, whatever its translations"
    )
    mono_against_parallel: bool = Field(
        default=True, description="drop a monolingual line that is a side of a pair in the same stage"
    )
    synthetic_sides: bool = Field(
        default=False, description="drop a synthetic pair if one of its sides occurs in a genuine pair"
    )
    near_duplicates: bool = Field(default=True, description="drop a row similar to an earlier one on every side")
    similarity: float = Field(
        default=0.8, ge=0.5, le=1, description="common share of word pairs (zh, ja: characters) of similar sides"
    )

    @field_validator("sides")
    @classmethod
    def _known(cls, codes: list[str]) -> list[str]:
        for code in codes:
            language(code)
        return codes


class CleanOptions(Strict):
    """Options of the stage, as a recipe states them."""

    filters: dict[str, dict[str, Any]] = Field(
        default={"length": {}, "length_ratio": {}, "copy": {}},
        description="rule name -> its options, in the order they are applied (see data_pipeline/filters)",
    )
    dedup: DedupOptions = Field(default=DedupOptions(), description="which rows are duplicates")
    score_all: bool = Field(
        default=False, description="provenance: let filters also score rows that one before them drops; slower"
    )
    max_quarantined: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="share of all lines on which a filter may fail; beyond it the stage fails",
        json_schema_extra=SPEED_ONLY,
    )
    workers: int = Field(
        default=0, ge=0, description="parallel Ray workers, 0 = one per core", json_schema_extra=SPEED_ONLY
    )
    shard_lines: int = Field(
        default=20_000, ge=1, description="lines in one unit of work", json_schema_extra=SPEED_ONLY
    )
    memory_mib: int = Field(
        default=1024,
        ge=64,
        description="MiB for finding duplicates; what does not fit goes to disk",
        json_schema_extra=SPEED_ONLY,
    )
    address: str = Field(
        default="",
        description="Ray cluster to work on, auto or host:port; it must see the same files. "
        "Empty = a private Ray on this machine",
        json_schema_extra=SPEED_ONLY,
    )


class CleanSettings(CleanOptions):
    """Read raw corpora, normalise, filter, drop duplicates and held-out lines; on Ray."""

    corpora: list[Corpus] = Field(description="training text", min_length=1)
    held_out: list[Corpus] = Field(
        default=[],
        description="validation and test sets: checked, never changed; training lines that occur in them are dropped",
    )


class LeakageOptions(Strict):
    """Options of the stage, as a recipe states them."""

    allow: int = Field(default=0, ge=0, description="training rows that may match a test set; more fail the stage")
    ignore: list[str] = Field(
        default=[],
        description="bundled WMT sets not to check against (names, * allowed): old test sets one trains on knowingly",
    )
    workers: int = Field(
        default=0, ge=0, description="parallel Ray workers, 0 = one per core", json_schema_extra=SPEED_ONLY
    )
    chunk_lines: int = Field(
        default=20_000, ge=1, description="lines in one unit of work", json_schema_extra=SPEED_ONLY
    )
    address: str = Field(
        default="",
        description="Ray cluster to work on, auto or host:port; it must see the same files. "
        "Empty = a private Ray on this machine",
        json_schema_extra=SPEED_ONLY,
    )


class LeakageSettings(LeakageOptions):
    """Check all training text, cleaned and synthetic, against all test sets and the bundled hashes of WMT's."""

    corpora: list[Corpus] = Field(description="everything that is trained on", min_length=1)
    held_out: list[Corpus] = Field(default=[], description="validation and test sets")


class VocabOptions(Strict):
    """Options of the stage, as a recipe states them."""

    size: int = Field(default=16_000, ge=100, description="SentencePiece pieces; tags come on top")
    model_type: Literal["unigram", "bpe"] = Field(default="unigram", description="SentencePiece algorithm")
    character_coverage: float = Field(default=0.9995, gt=0, le=1, description="share of characters kept as pieces")
    byte_fallback: bool = Field(default=True, description="spell unknown characters in bytes instead of <unk>")
    temperature: float = Field(
        default=5.0,
        gt=0,
        description="sampling of languages for the training text, p ~ n^(1/T): 1 = by size, larger = more even",
    )
    max_sentences: int = Field(default=2_000_000, ge=1, description="sentences given to SentencePiece at most")
    seed: int = Field(default=1, description="seed of the sample")


class VocabSettings(VocabOptions):
    """Train one joint SentencePiece model and write fairseq's dictionary with language and data tags."""

    corpora: list[Corpus] = Field(description="cleaned training text", min_length=1)


class BinarizeOptions(Strict):
    """Options of the stage, as a recipe states them."""

    workers: int = Field(default=0, ge=0, description="processes, 0 = one per core", json_schema_extra=SPEED_ONLY)


class BinarizeSettings(BinarizeOptions):
    """Encode text with the vocabulary into fairseq's mmap format, one copy for all directions."""

    vocab: Path = Field(description="folder written by `vega vocab`")
    train: list[Corpus] = Field(default=[], description="cleaned training text")
    valid: list[Corpus] = Field(default=[], description="validation sets")
    test: list[Corpus] = Field(default=[], description="test sets")


DirectionName = Annotated[str, Field(pattern=r"^[a-z]+-[a-z]+$", description="source-target, as in en-de")]


class TrainOptions(Strict):
    """Options of the stage, as a recipe states them."""

    arch: str = Field(default="vega_base", description="vega_tiny, vega_base, vega_big, vega_xl, or any fairseq arch")
    temperature: float = Field(default=5.0, gt=0, description="sampling over directions and sources, p ~ n^(1/T)")
    weights: dict[str, float] = Field(
        default={},
        description="explicit weights instead of temperature: direction or direction/source -> weight",
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
    optimizer: str = Field(default="vega_adamw", description="vega_adamw, or any fairseq optimizer")
    adam_states: Literal["fp32", "bf16", "8bit"] = Field(
        default="fp32", description="number format of vega_adamw's two moments"
    )
    adam_betas: tuple[float, float] = Field(default=(0.9, 0.98), description="Adam's decay rates")
    weight_decay: float = Field(default=0.0, ge=0, description="decoupled weight decay")
    clip_norm: float = Field(default=1.0, ge=0, description="gradient norm limit, 0 = off")
    dropout: float = Field(default=0.1, ge=0, lt=1, description="dropout")
    label_smoothing: float = Field(default=0.1, ge=0, lt=1, description="label smoothing")
    criterion: str = Field(default="vega_label_smoothed_cross_entropy", description="any fairseq criterion")
    precision: Literal["auto", "fp32", "fp16", "bf16"] = Field(
        default="auto", description="number format of training; auto = bf16 on GPUs that have it, else fp32"
    )
    validate_every: int = Field(default=1000, ge=1, description="updates between validations")
    save_every: int = Field(default=1000, ge=1, description="updates between checkpoints")
    keep_checkpoints: int = Field(
        default=3, ge=1, description="most recent checkpoints to keep", json_schema_extra=SPEED_ONLY
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
    extra: dict[str, Any] = Field(
        default={}, description="further fairseq-train options: name -> value, true = the bare flag"
    )


class TrainSettings(TrainOptions):
    """Train with fairseq-train and the vega_multidirectional task."""

    data: Path = Field(
        description="folder written by `vega binarize`",
        json_schema_extra={"reads": ["train.*", "valid.*", "dict.txt", "spm.model"]},
    )
    directions: list[DirectionName] = Field(description="directions to train", min_length=1)
    init_from: Path | None = Field(
        default=None,
        description="checkpoint whose weights to start from, with a fresh "
        "learning-rate schedule (stage 2, fine-tuning)",
    )


class System(Strict):
    """Something that translates: a checkpoint, or a baseline."""

    name: str = Field(description="name in tables", pattern=r"^[A-Za-z0-9_.+-]+$")
    checkpoint: Path | None = Field(default=None, description="fairseq checkpoint; none for kind copy")
    kind: Literal["checkpoint", "untrained", "copy"] = Field(
        default="checkpoint",
        description="checkpoint; untrained = its architecture with fresh random weights; copy = the source unchanged",
    )
    directions: list[DirectionName] | None = Field(default=None, description="only these; none = all")


class TranslateOptions(Strict):
    """Options of the stage, as a recipe states them."""

    beam: int = Field(default=5, ge=1, description="beam size")
    length_penalty: float = Field(default=1.0, description="exponent of the length normalisation")
    max_len_a: float = Field(default=1.5, ge=0, description="longest output = a * source tokens + b")
    max_len_b: int = Field(default=20, ge=1, description="see max_len_a")
    max_tokens: int = Field(default=4096, ge=1, description="source tokens in one batch at most")
    workers: int = Field(
        default=0, ge=0, description="processes on CPU, 0 = one per core; on GPU always 1", json_schema_extra=SPEED_ONLY
    )
    seed: int = Field(default=1, description="seed of untrained weights")


class TranslateSettings(TranslateOptions):
    """Translate test sets with every system, in every direction."""

    data: Path = Field(
        description="folder written by `vega binarize` (vocabulary and dictionary)",
        json_schema_extra={"reads": ["dict.txt", "spm.model"]},
    )
    systems: list[System] = Field(description="what to translate with", min_length=1)
    test: list[Corpus] = Field(description="test sets, raw text", min_length=1)
    directions: list[DirectionName] = Field(description="directions", min_length=1)


class EvaluateOptions(Strict):
    """Options of the stage, as a recipe states them."""

    metrics: list[Literal["bleu", "chrf"]] = Field(default=["bleu", "chrf"], description="metrics")
    resamples: int = Field(default=1000, ge=0, description="bootstrap resamples for the 95 % interval, 0 = none")
    seed: int = Field(default=12345, description="seed of the bootstrap")


class EvaluateSettings(EvaluateOptions):
    """Score translations with sacreBLEU, with signatures and confidence intervals."""

    translations: Path = Field(description="folder written by `vega translate`")
    test: list[Corpus] = Field(description="test sets, raw text", min_length=1)


class ReportOptions(Strict):
    """Options of the stage, as a recipe states them."""

    samples: int = Field(default=8, ge=0, description="sample sentences per direction")


class ReportSettings(ReportOptions):
    """Write report.json and a self-contained report.html from a run's folder."""

    run: Path = Field(description="the run's folder")
