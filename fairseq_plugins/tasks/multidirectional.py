"""`vega_multidirectional`: one model, any set of directions, from one binarized copy of the text.

Bidirectional training (Ding et al. 2021, arXiv 2109.07780) uses each bitext in both directions; Vega-MT (Zan et al.
2022, arXiv 2209.09444, "multidirectional pre-training") does so for all pairs at once. As there, the encoder reads the
source language's tag first and the decoder begins with the target language's tag.
"""

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

import numpy as np
import torch
from fairseq.data import LanguagePairDataset, PrependTokenDataset
from fairseq.tasks import register_task

from fairseq_plugins.data.bitext import Bitext, MultidirectionalDataset
from fairseq_plugins.data.folder import Sides
from fairseq_plugins.data.noise import NoisyText
from fairseq_plugins.tasks.text_streams import TextStreamsConfig, TextStreamsTask
from vega.directions import Direction, parse_direction
from vega.errors import UserError
from vega.settings import TrainingPhase
from vega.vocabulary import Vocabulary
from vega.vocabulary_files import FORM


@dataclass
class MultidirectionalConfig(TextStreamsConfig):
    directions: str = field(
        default="", metadata={"help": "comma-separated directions to train and validate, as in en-de,de-en"}
    )
    sampling_temperature: float = field(
        default=5.0,
        metadata={"help": "sample directions and sources with p ~ n^(1/T); 1 = by size, larger = more even"},
    )
    sampling_weights: str = field(
        default="",
        metadata={
            "help": 'explicit weights instead, as JSON: {"en-de": 2, "de-en/news": 1}; others get 0. A name is a '
            "direction, a set, a tag (bt, ft, ct, or genuine for text without), direction/set or direction/tag; its "
            "weight is shared by size; of several that fit a set the most exact holds"
        },
    )
    synthetic_share: Optional[float] = field(
        default=None,
        metadata={
            "help": "share of each direction's sentences that tagged sets give, where it has both kinds; by default as "
            "weights or temperature have it"
        },
    )
    phases: str = field(
        default="",
        metadata={
            "help": "phases of training, as a JSON list. Each has a name and, but for the last, an end: so many epochs "
            "of something that a weight can name, counted in sentences drawn in the phase, or so many updates; then "
            "the phase ends with the current block (--block-sentences). It may state weights or temperature, "
            "synthetic_share and noise; else the options hold. Example: "
            '[{"name": "clean", "weights": {"genuine": 1}, "until": {"epochs": 2, "of": "genuine"}}, '
            '{"name": "mixed", "synthetic_share": 0.5, "until": {"updates": 20000}}, '
            '{"name": "end", "weights": {"news": 3, "bt": 1}, "noise": {"typos": 0.1}}]'
        },
    )
    text_noise: str = field(
        default="",
        metadata={
            "help": "noise put on text while it is read, as JSON, probabilities per line: lower (source), upper and "
            "title (both sides), typos (source; typo_rate = share of letters), merge (with the next line of the set, "
            'both sides); "tag": true lets the encoder read __noise__ before such lines. Example: '
            '{"typos": 0.1, "typo_rate": 0.05, "upper": 0.02, "title": 0.02, "merge": 0.05}'
        },
    )
    right_to_left: bool = field(
        default=False,
        metadata={"help": "write the last token of the target first, for a model that reranks the output of others"},
    )
    source_lang: Optional[str] = field(
        default=None, metadata={"help": "source language for generation", "argparse_alias": "-s"}
    )
    target_lang: Optional[str] = field(
        default=None, metadata={"help": "target language for generation", "argparse_alias": "-t"}
    )


@register_task("vega_multidirectional", dataclass=MultidirectionalConfig)
class MultidirectionalTask(TextStreamsTask):
    """Works with fairseq-train, -validate, -generate and -interactive."""

    cfg: MultidirectionalConfig

    # What is translated

    @property
    def directions(self) -> list[Direction]:
        """`--source-lang/--target-lang` where given, else `--directions`."""
        if self.cfg.source_lang and self.cfg.target_lang:
            return [parse_direction(f"{self.cfg.source_lang}-{self.cfg.target_lang}")]
        if not self.cfg.directions:
            raise UserError("Say what to translate: --directions en-de,de-en, or --source-lang and --target-lang.")
        return [parse_direction(name.strip()) for name in self.cfg.directions.split(",")]

    @property
    def groups(self) -> list[str]:
        return [str(direction) for direction in self.directions]

    # Data

    def load_dataset(self, split: str, **_: Any) -> None:
        """All bitexts of a split; `valid` may be narrowed to one set: `test.flickr2016`.

        What is trained on must have been checked for test sentences.
        """
        if split == self.cfg.train_subset and not self.cfg.unchecked_data:
            self.folder.check_leakage(split, self.directions)
        bitexts = [
            self._bitext(direction, sides)
            for direction in self.directions
            for sides in self.folder.bitexts(split, direction)
        ]
        self.datasets[split] = MultidirectionalDataset(bitexts, self.dictionary.pad(), self.cfg.right_to_left)

    def _bitext(self, direction: Direction, sides: Sides) -> Bitext:
        tags = self.tag(direction.source), self.tag(direction.target)
        data_tag = self.data_tag(sides.tag) if sides.tag else None
        return Bitext(direction, sides.name, sides.source, sides.target, *tags, sides.tag, data_tag)

    def noise(self, dataset: MultidirectionalDataset, phases: list[TrainingPhase], seed: int) -> NoisyText | None:
        noise = [phase.noise for phase in phases]
        if not any(options is not None and options.is_on for options in noise):
            return None
        tagged = any(options is not None and options.tag for options in noise)
        vocabulary = Vocabulary.load(Path(self.cfg.data))
        return NoisyText(dataset, noise, vocabulary, seed, self.data_tag("noise") if tagged else None)

    def build_dataset_for_inference(
        self, src_tokens: list[torch.Tensor], src_lengths: list[int], **kwargs: Any
    ) -> LanguagePairDataset:
        """Sources typed by a user (fairseq-interactive): the source tag is put before each."""
        if (self.folder.path / FORM).exists():
            warnings.warn(
                f"{self.folder.path / FORM}: this model reads text in a form that fairseq-interactive does not make. "
                "Use `vega translate`, or fairseq-generate on text of `vega binarize`.",
                stacklevel=2,
            )
        tagged = PrependTokenDataset(_Sentences(src_tokens), self.tag(self.directions[0].source))
        return LanguagePairDataset(
            tagged, np.array(src_lengths) + 1, self.dictionary, left_pad_source=False,
            constraints=kwargs.get("constraints"),
        )  # fmt: skip

    def first_symbol(self, sample: dict[str, Any]) -> int:
        return self.tag(self.directions[0].target)


class _Sentences(torch.utils.data.Dataset):
    """A list of token tensors as the base of fairseq's dataset wrappers."""

    def __init__(self, sentences: list[torch.Tensor]) -> None:
        self.sentences = sentences
        self.sizes = np.array([len(s) for s in sentences])

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.sentences[index]

    def __len__(self) -> int:
        return len(self.sentences)
