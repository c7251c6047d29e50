"""`vega_denoising`: text restored from a version with words masked out, in any number of languages.

Pre-training for translation, as mBART (arXiv 2001.08210) does it: the model is a plain Transformer, and the text of a
language comes from monolingual sets and from every side of parallel ones. Every criterion works with it. What is
pre-trained goes on as `vega_multidirectional` with `--finetune-from-model`.
"""

import logging
from dataclasses import dataclass, field
from typing import Any

from fairseq.tasks import register_task

from fairseq_plugins.data.bitext import MultidirectionalDataset
from fairseq_plugins.data.denoising import DenoisingDataset, DrawnMasks, Infilling, Monotext, begins_word
from fairseq_plugins.tasks.text_streams import TextStreamsConfig, TextStreamsTask
from vega.errors import UserError
from vega.languages import language
from vega.settings import TrainingPhase

logger = logging.getLogger(__name__)


@dataclass
class VegaDenoisingConfig(TextStreamsConfig):
    languages: str = field(
        default="", metadata={"help": "comma-separated languages, as in en,de; default: all that have training text"}
    )
    mask_share: float = field(default=0.15, metadata={"help": "share of the words that are masked"})
    mask_span: float = field(
        default=3.0, metadata={"help": "mean number of words (Poisson) that one mask stands for, in its place"}
    )
    sampling_temperature: float = field(
        default=5.0,
        metadata={"help": "sample languages and sets with p ~ n^(1/T); 1 = by size, larger = more even"},
    )
    sampling_weights: str = field(
        default="",
        metadata={
            "help": 'explicit weights instead, as JSON: {"en": 2, "de/news": 1}; others get 0. A name is a language, a '
            "set, or language/set; its weight is shared by size; of several that fit a set the most exact holds"
        },
    )
    phases: str = field(
        default="",
        metadata={
            "help": "phases of training, as a JSON list. Each has a name and, but for the last, an end: so many epochs "
            "of something that a weight can name, or so many updates; then the phase ends with the current block "
            "(--block-sentences). It may state weights or temperature; else the options hold. Example: "
            '[{"name": "all", "until": {"updates": 20000}}, {"name": "news", "weights": {"news": 1}}]'
        },
    )


@register_task("vega_denoising", dataclass=VegaDenoisingConfig)
class VegaDenoisingTask(TextStreamsTask):
    """Works with fairseq-train, -validate and -generate."""

    cfg: VegaDenoisingConfig

    @property
    def groups(self) -> list[str]:
        """`--languages`, or all of the training text."""
        names = [name.strip() for name in self.cfg.languages.split(",") if name.strip()]
        return [language(name).code for name in names] or self.folder.languages(self.cfg.train_subset)

    def load_dataset(self, split: str, **_: Any) -> None:
        """All texts of a split; `valid` may be narrowed to one set. Training text must be there for every language.

        What is trained on must have been checked for test sentences.
        """
        training = split == self.cfg.train_subset
        if training and not self.cfg.unchecked_data:
            self.folder.check_leakage_of_texts(split, self.groups)
        infilling = self._infilling()
        texts: list[Monotext] = []
        for code in self.groups:
            sides = self.folder.texts(split, code)
            if not sides and training:
                raise self.folder.no_text(split, code)
            if not sides:
                logger.info(f"{split}: no text in {code}")
            texts += [Monotext.of(code, side.name, side.label, side.text, self.tag(code)) for side in sides]
        if not texts:
            raise self.folder.no_text(split, ", ".join(self.groups) or "any language")
        self.datasets[split] = DenoisingDataset(texts, self.dictionary.pad(), infilling)

    def _infilling(self) -> Infilling:
        share, span = self.cfg.mask_share, self.cfg.mask_span
        if not 0 <= share <= 1:
            raise UserError(f"--mask-share {share}: a share is from 0 to 1.")
        if span <= 0:
            raise UserError(f"--mask-span {span}: a mean number of words is above 0.")
        return Infilling(self.data_tag("mask"), begins_word(self.dictionary.symbols), share, span)

    def noise(self, dataset: MultidirectionalDataset, phases: list[TrainingPhase], seed: int) -> DrawnMasks:
        """The masks; a phase has no other noise, and no synthetic text."""
        for phase in phases:
            if phase.noise is not None or phase.synthetic_share is not None:
                raise UserError(
                    f"--phases, phase {phase.name}: vega_denoising has no noise and no synthetic_share. Leave them out."
                )
        assert isinstance(dataset, DenoisingDataset)
        return DrawnMasks(dataset, seed)

    def first_symbol(self, sample: dict[str, Any]) -> int:
        return self.tag(sample["direction"])
