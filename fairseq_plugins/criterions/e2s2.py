"""`vega_e2s2`: a translation loss that also trains the encoder (arXiv 2205.14912; see `vega.methods.e2s2`).

The criterion corrupts the batch's sources itself, on the batch's device, so that it works with every task of
encoder-decoder models. Its random numbers hang on the seed, the sentence's number, the update and the place in the
sentence: the same for any number of processes, after a resume, when a batch is split, and in every pass of an update.
Plain and corrupted sources go through the model in one call. What has weight 0 is not computed.

The token classifier belongs to the criterion: the model's own state is a plain Transformer's.
"""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from fairseq.criterions import register_criterion
from fairseq.dataclass import ChoiceEnum
from fairseq.logging import metrics
from omegaconf import II
from torch import Tensor
from torch.distributed.fsdp import FSDPModule

from fairseq_plugins.criterions.label_smoothed_cross_entropy import (
    FusedLabelSmoothedConfig,
    FusedLabelSmoothedCrossEntropy,
)
from fairseq_plugins.criterions.one_pass import Version, Ways, first_of_text, inserted, run
from fairseq_plugins.criterions.symbols import leading_symbols, prompt_symbols, range_of_text, text_symbols
from fairseq_plugins.models.encoder_width import encoder_width
from fairseq_plugins.tasks.text_streams import TextStreamsTask
from vega.errors import UserError
from vega.methods.e2s2 import (
    TokenClassifier,
    Weights,
    contrastive_loss,
    sentence_keys,
    sentence_means,
    token_accuracy_counts,
    token_loss,
)
from vega.ops.counter_random import with_number
from vega.ops.token_noise import IGNORED, shuffle_and_replace

logger = logging.getLogger(__name__)

#: Names of the classifier's labels, 0 to 2, in the log.
LABELS = ("original", "shuffled", "replaced")


@dataclass
class E2S2Config(FusedLabelSmoothedConfig):
    e2s2_noised_weight: float = field(
        default=Weights.noised, metadata={"help": "weight of the loss with the corrupted source"}
    )
    e2s2_clean_weight: float = field(
        default=Weights.clean, metadata={"help": "weight of the loss with the source as it is"}
    )
    e2s2_denoising_weight: float = field(
        default=Weights.denoising,
        metadata={"help": "weight of telling original, shuffled and replaced tokens of the corrupted source"},
    )
    e2s2_contrastive_weight: float = field(
        default=Weights.contrastive, metadata={"help": "weight of finding a sentence's second view in the batch"}
    )
    e2s2_temperature: float = field(default=1.0, metadata={"help": "of the contrastive loss, above 0"})
    e2s2_shuffle_share: float = field(
        default=0.15, metadata={"help": "share of the source's tokens in shuffled trigrams"}
    )
    e2s2_replace_share: float = field(default=0.15, metadata={"help": "share of the source's tokens replaced"})
    e2s2_views: ChoiceEnum(["noised", "target"]) = field(  # type: ignore[valid-type]
        default="noised",
        metadata={"help": "a sentence's second view: its corrupted source, or the target sentence, encoded"},
    )
    e2s2_sentence: ChoiceEnum(["mean", "prompt"]) = field(  # type: ignore[valid-type]
        default="mean",
        metadata={"help": "a sentence's vector: the mean of its states, or the state at the mask of --e2s2-prompt"},
    )
    e2s2_prompt: str = field(
        default="<mask>",
        metadata={
            "help": "with --e2s2-sentence prompt: pieces, or words that are one piece, put before the text of both "
            "views. Sources that are translated as they are stay without, as in generation, so they are encoded twice"
        },
    )
    seed: int = II("common.seed")


@register_criterion("vega_e2s2", dataclass=E2S2Config)
class E2S2Criterion(FusedLabelSmoothedCrossEntropy):
    """With all other weights 0 and that of the clean source 1: `vega_label_smoothed_cross_entropy`, bit for bit."""

    def __init__(self, task: Any, cfg: E2S2Config) -> None:
        super().__init__(task, cfg.sentence_avg, cfg.label_smoothing, cfg.ignore_prefix_size, cfg.report_accuracy)
        _check(cfg)
        self.cfg = cfg
        self.weights = Weights(
            cfg.e2s2_noised_weight, cfg.e2s2_clean_weight, cfg.e2s2_denoising_weight, cfg.e2s2_contrastive_weight
        )
        self._update = 0
        self._eos = task.target_dictionary.eos()
        #: Whether the decoder begins with the target's language.
        self._tags_targets = isinstance(task, TextStreamsTask)
        is_text = text_symbols(task.source_dictionary)
        self._low, self._high = range_of_text(is_text) if self._corrupts else (0, 0)
        self.register_buffer("is_text", is_text, persistent=False)
        self.register_buffer("leads", leading_symbols(task.source_dictionary), persistent=False)
        self._set_up_views(task)
        self.classifier = TokenClassifier(encoder_width(task, "vega_e2s2")) if self.weights.denoising else None

    def __init_subclass__(cls, **options: Any) -> None:
        """Sharding makes a class of its own of it. Checkpoints name the class, and are for training of any kind."""
        super().__init_subclass__(**options)
        if issubclass(cls, FSDPModule):
            cls.__name__ = cls.__mro__[cls.__mro__.index(FSDPModule) + 1].__name__

    def _set_up_views(self, task: Any) -> None:
        """The prompt's symbols, (K,), and the place of the mask in them; none of them without a prompt."""
        cfg, source = self.cfg, task.source_dictionary
        self._mask_place = 0
        prompt: list[int] = []
        if self.weights.contrastive and cfg.e2s2_sentence == "prompt":
            prompt, self._mask_place = prompt_symbols(cfg.e2s2_prompt, source, task.cfg.data)
        self.register_buffer("prompt", torch.tensor(prompt, dtype=torch.long), persistent=False)
        if self._contrasts_target and source != task.target_dictionary:
            raise UserError("--e2s2-views target: source and target need one dictionary. Use --e2s2-views noised.")

    @property
    def _contrasts_target(self) -> bool:
        return bool(self.weights.contrastive and self.cfg.e2s2_views == "target")

    @property
    def _corrupts(self) -> bool:
        """Whether corrupted sources are needed at all."""
        weights = self.weights
        return bool(weights.noised or weights.denoising or (weights.contrastive and not self._contrasts_target))

    def set_num_updates(self, update: int) -> None:
        """The update whose text comes next; its noise is its own."""
        self._update = update

    def load_state_dict(self, state_dict: Any, *args: Any, **kwargs: Any) -> Any:
        """A checkpoint of a criterion without parameters (None) leaves the classifier as it is made."""
        if state_dict:
            return super().load_state_dict(state_dict, *args, **kwargs)
        logger.info("the checkpoint has no token classifier of vega_e2s2: it starts afresh")
        return None

    # One batch

    def forward(self, model: Any, sample: dict[str, Any], reduce: bool = True) -> tuple[Tensor, int, dict[str, Any]]:
        """Summed loss, the number it is divided by, and sums to log. Validation always decodes the clean source too."""
        target = sample["target"]  # (B, T)
        real = target.ne(self.padding_idx)
        versions, labels = self._versions(model, sample)
        hidden, states = self._run(model, sample["net_input"], versions, real)
        wanted = target[real]
        losses = {name: self.loss_of(model, h, wanted) for name, h in hidden.items()}
        parts = {f"{name}_loss": loss for name, (loss, _) in losses.items()}
        counts: dict[str, Tensor] = {}
        if self.classifier is not None:
            assert labels is not None
            parts["denoising_loss"], counts = self._denoising(states["noised"], labels)
        if self.weights.contrastive:
            parts["contrastive_loss"] = self._contrastive(sample, versions, states)
        loss = self._weighted(parts)
        sample_size, logged = self.logged(sample, loss, losses["clean" if "clean" in losses else "noised"][1])
        return loss, sample_size, {**logged, **{name: part.data for name, part in parts.items()}, **counts}

    def _run(
        self, model: Any, net_input: dict[str, Any], versions: dict[str, Version], real: Tensor
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The decoder's output of the versions that are decoded, and all encoders' states where a loss wants them."""
        encoded = bool(self.weights.denoising or self.weights.contrastive)
        if list(versions) == ["clean"] and not encoded:
            return {"clean": self._features(model, net_input, real)}, {}
        ways = Ways(self.packs(model, net_input["prev_output_tokens"], real), encoded)
        outputs = run(model, net_input, list(versions.values()), real, ways, pad=self.padding_idx, eos=self._eos)
        decoded = [name for name, version in versions.items() if version.decoded]
        states = dict(zip(versions, outputs.states, strict=True)) if encoded else {}
        return dict(zip(decoded, outputs.hidden, strict=True)), states

    def _weighted(self, parts: dict[str, Tensor]) -> Tensor:
        """The objective; what validation computes besides has no weight in it."""
        weights = {"clean_loss": self.weights.clean, "noised_loss": self.weights.noised,
                   "denoising_loss": self.weights.denoising, "contrastive_loss": self.weights.contrastive}  # fmt: skip
        return torch.stack([weights[name] * part for name, part in parts.items() if weights[name]]).sum()

    # Versions of the source

    def _versions(self, model: Any, sample: dict[str, Any]) -> tuple[dict[str, Version], Tensor | None]:
        """By name, those that are decoded first, and the labels of the corrupted one's tokens (B, S)."""
        source, versions, labels = sample["net_input"]["src_tokens"], {}, None
        has_prompt = len(self.prompt) > 0
        if self.weights.clean or not self.training:
            versions["clean"] = Version(source, decoded=True)
        if self._corrupts:
            noised, labels = self._noised(source, sample["id"])
            if has_prompt and not self._contrasts_target:
                noised, labels = self._prompted(noised, labels)
            versions["noised"] = Version(noised, decoded=bool(self.weights.noised))
        if self.weights.contrastive and has_prompt:
            versions["prompted"] = Version(self._prompted(source)[0], decoded=False)
        elif self.weights.contrastive:
            versions.setdefault("clean", Version(source, decoded=False))
        if self._contrasts_target:
            seen = self._target_as_source(sample)
            versions["target"] = Version(self._prompted(seen)[0] if has_prompt else seen, decoded=False)
        longest = int(model.max_positions()[0])
        return {n: Version(v.tokens[:, :longest], v.decoded) for n, v in versions.items()}, labels

    def _noised(self, source: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Corrupted sources and labels, (B, S) each; in validation always the same ones."""
        seed, update = (self.cfg.seed, self._update) if self.training else (0, 0)
        noised = shuffle_and_replace(
            source,
            self.is_text[source],
            with_number(ids.to(source.device), update),
            seed=seed,
            shuffle_share=self.cfg.e2s2_shuffle_share,
            replace_share=self.cfg.e2s2_replace_share,
            low=self._low,
            high=self._high,
        )
        return noised.tokens, noised.labels

    def _prompted(self, tokens: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Sources with the prompt before their text, and labels with IGNORED there, (B, S + K) each."""
        at = first_of_text(tokens, self.leads, self.padding_idx)
        none = torch.full_like(self.prompt, IGNORED)
        return inserted(tokens, at, self.prompt), inserted(tokens if labels is None else labels, at, none)

    def _target_as_source(self, sample: dict[str, Any]) -> Tensor:
        """What the encoder would read if the target were to be translated."""
        target: Tensor = sample["target"]
        if self._tags_targets:
            return torch.cat([sample["net_input"]["prev_output_tokens"][:, :1], target], 1)
        return target

    # Losses of the encoder

    def _denoising(self, states: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The classifier's loss, and counts of what it found."""
        assert self.classifier is not None
        width = min(states.shape[1], labels.shape[1])
        # Where the model computes in 16 bit, the classifier may not.
        states, labels = states[:, :width].to(self.classifier.output.weight.dtype), labels[:, :width]
        scores = self.classifier(states)
        counts = zip(("found", "there"), token_accuracy_counts(scores, labels), strict=True)
        return token_loss(scores, labels), {
            f"{kind}_{name}": number for kind, numbers in counts for name, number in zip(LABELS, numbers, strict=True)
        }

    def _contrastive(self, sample: dict[str, Any], versions: dict[str, Version], states: dict[str, Tensor]) -> Tensor:
        first, second = "prompted" if len(self.prompt) else "clean", "target" if self._contrasts_target else "noised"
        vectors = [self._vectors(versions[name].tokens, states[name]) for name in (first, second)]
        keys = [
            sentence_keys(tokens, tokens.ne(self.padding_idx))
            for tokens in (sample["net_input"]["src_tokens"], sample["target"])
        ]
        same = (keys[0][:, None] == keys[0]) | (keys[1][:, None] == keys[1])
        return contrastive_loss(
            *vectors, temperature=self.cfg.e2s2_temperature, target_tokens=sample["ntokens"], same=same
        )

    def _vectors(self, tokens: Tensor, states: Tensor) -> Tensor:
        """A sentence's vector from its states: (B, D)."""
        states = states[:, : tokens.shape[1]]
        if not len(self.prompt):
            return sentence_means(states, tokens.ne(self.padding_idx))
        at = first_of_text(tokens, self.leads, self.padding_idx) + self._mask_place
        place = at.clamp(max=tokens.shape[1] - 1)[:, :, None].expand(-1, -1, states.shape[2])
        return states.gather(1, place).squeeze(1)

    # Records

    @classmethod
    def reduce_metrics(cls, logging_outputs: Sequence[dict[str, Any]]) -> None:
        """Losses in bits: per target token with clean and corrupted source, per token told, per sentence found.
        The classifier's accuracy, and the share it finds of each label, in percent."""
        super().reduce_metrics(logging_outputs)

        def total(name: str) -> float:
            return float(sum(log.get(name, 0) for log in logging_outputs))

        there = {name: total(f"there_{name}") for name in LABELS}
        # The contrastive loss is logged as it is weighed, on the scale of target tokens.
        units = {"clean_loss": total("ntokens"), "noised_loss": total("ntokens"),
                 "denoising_loss": sum(there.values()), "contrastive_loss": total("ntokens")}  # fmt: skip
        for name, unit in units.items():
            if any(name in log for log in logging_outputs) and unit:
                metrics.log_scalar(name, total(name) / unit / math.log(2), unit, round=3)
        for name, count in there.items():
            if count:
                metrics.log_scalar(f"recall_{name}", 100 * total(f"found_{name}") / count, count, round=1)
        if units["denoising_loss"]:
            found = sum(total(f"found_{name}") for name in LABELS)
            tokens = units["denoising_loss"]
            metrics.log_scalar("token_accuracy", 100 * found / tokens, tokens, round=1)


def _check(cfg: E2S2Config) -> None:
    weights = (cfg.e2s2_noised_weight, cfg.e2s2_clean_weight, cfg.e2s2_denoising_weight, cfg.e2s2_contrastive_weight)
    if min(weights) < 0 or not (weights[0] or weights[1]):
        raise UserError(
            "--e2s2-*-weight: none is below 0, and of noised and clean, which train the decoder, one above."
        )
    for name in ("shuffle", "replace"):
        share = getattr(cfg, f"e2s2_{name}_share")
        if not 0 <= share <= 1:
            raise UserError(f"--e2s2-{name}-share {share}: a share is from 0 to 1.")
    if cfg.e2s2_denoising_weight and not (cfg.e2s2_shuffle_share or cfg.e2s2_replace_share):
        raise UserError("--e2s2-denoising-weight: with both shares 0 nothing is corrupted. Give it weight 0, too.")
    if cfg.e2s2_temperature <= 0:
        raise UserError(f"--e2s2-temperature {cfg.e2s2_temperature}: it is above 0.")
