"""What corpora a round of synthesis writes: computed from its settings alone, before anything has run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vega.directions import Direction, parse_direction
from vega.errors import UserError
from vega.settings.corpora import Corpus
from vega.settings.synthesize import SelfTraining, SynthesisStep, SynthesizeOptions, Tag

Text = Literal["bitext", "mono"]


@dataclass(frozen=True)
class SyntheticText:
    """A pair of files `{name}.{group}.{lang}` that a round writes.

    `step` is the step's place in the round. Lines of `text` in `translated.source` were translated to
    `translated.target` (cycle translation: back again after that). `tags`: the directions to train in, each with the
    tag that is right there: of forward-translated text the target is synthetic, of back-translated text the source.
    """

    name: str
    step: int
    text: Text
    translated: Direction
    languages: tuple[str, str]
    tags: Mapping[Direction, Tag]

    @property
    def stem(self) -> str:
        """`{name}.{group}`."""
        return f"{self.name}.{'-'.join(self.languages)}"

    def corpus(self, folder: Path) -> Corpus:
        """The text as one corpus, each pair once: what is to be cleaned, and checked for leakage."""
        tag = next(iter(self.tags.values()))
        return self._entry(self.name, folder, tag, list(self.tags))

    def training(self, folder: Path) -> list[Corpus]:
        """The text as it is trained on: an entry per tag, all of the same files in `folder` (that of its cleaning)."""
        if len(self.tags) == 1:
            return [self.corpus(folder)]
        return [self._entry(f"{self.name}_{tag}", folder, tag, [direction]) for direction, tag in self.tags.items()]

    def _entry(self, name: str, folder: Path, tag: Tag, directions: Sequence[Direction]) -> Corpus:
        return Corpus(
            name=name,
            languages=list(self.languages),
            files=str(folder / f"{self.stem}.{{lang}}"),
            tag=tag,
            directions=[str(direction) for direction in directions],
        )


def synthetic_texts(
    options: SynthesizeOptions, directions: Sequence[Direction], bitext: Sequence[Corpus], mono: Sequence[Corpus]
) -> list[SyntheticText]:
    """All texts of a round, in the order of its steps. `directions` are those that the model can translate.

    UserError where a step names a direction that the model or the text does not allow, or has none.
    """
    found: list[SyntheticText] = []
    for number, step in enumerate(options.steps):
        where = f"synthesis {options.name}, step {step.short_name}"
        if isinstance(step.options, SelfTraining):
            texts = _self_training(options.name, number, step, step.options, directions, bitext, mono, where)
        else:
            texts = _from_mono(options.name, number, step, directions, mono, where)
        if not texts:
            raise UserError(f"{where}: there is no text for any direction. Add corpora, or leave the step out.")
        for text in texts:
            if step.options.min_pair_score is not None and text.translated.reversed not in directions:
                raise UserError(
                    f"{where}: min_pair_score needs {text.translated.reversed}, which the model cannot translate. "
                    "Leave it out."
                )
        found += texts
    return found


def sources(text: SyntheticText, bitext: Sequence[Corpus], mono: Sequence[Corpus]) -> list[Corpus]:
    """The corpora whose lines in `text.translated.source` are translated, in order; only genuine ones."""
    if text.text == "mono":
        return [corpus for corpus in mono if corpus.languages == [text.translated.source]]
    return [corpus for corpus in bitext if not corpus.tag and set(text.translated) <= set(corpus.languages)]


def _from_mono(
    round_name: str,
    number: int,
    step: SynthesisStep,
    directions: Sequence[Direction],
    mono: Sequence[Corpus],
    where: str,
) -> list[SyntheticText]:
    """Back-translation and cycle translation: text of y for the directions x-y."""
    spoken = {corpus.languages[0] for corpus in mono}
    needed = [False, True] if step.cycle_translation else [True]  # x-y itself, y-x
    able = [d for d in _wanted(step, directions) if all((d.reversed if back else d) in directions for back in needed)]
    usable = [direction for direction in able if direction.target in spoken]
    for direction in _stated(step):
        if direction not in able:
            raise UserError(f"{where}: the model cannot translate what {direction} needs. Leave the direction out.")
        if direction not in usable:
            raise UserError(
                f"{where}: {direction} needs monolingual text in '{direction.target}'. Add a corpus, or leave it out."
            )
    return [
        SyntheticText(
            name=f"{round_name}_{step.short_name}",
            step=number,
            text="mono",
            translated=direction.reversed,
            languages=(direction.source, direction.target),
            tags={direction: step.options.tags[0]},
        )
        for direction in usable
    ]


def _self_training(
    round_name: str,
    number: int,
    step: SynthesisStep,
    options: SelfTraining,
    directions: Sequence[Direction],
    bitext: Sequence[Corpus],
    mono: Sequence[Corpus],
    where: str,
) -> list[SyntheticText]:
    """For each pair F(bitext source), B(bitext target), F(mono source), B(mono target), as far as there is text."""
    found = []
    forward, backward = options.tags
    for direction in _wanted(step, directions):
        if direction not in directions:
            raise UserError(f"{where}: the model cannot translate {direction}. Leave the direction out.")
        if direction.reversed not in directions and not _stated(step):
            continue
        made = [
            SyntheticText(
                name=f"{round_name}_{step.short_name}_{text}",
                step=number,
                text=text,
                translated=direction,
                languages=(direction.source, direction.target),
                tags={d: tag for d, tag in ((direction, forward), (direction.reversed, backward)) if d in directions},
            )
            for text in options.text
        ]
        made = [text for text in made if sources(text, bitext, mono)]
        if not made and _stated(step):
            raise UserError(f"{where}: {direction} has neither of {', '.join(options.text)}. Leave the direction out.")
        found += made
    return found


def _stated(step: SynthesisStep) -> list[Direction]:
    return [parse_direction(name) for name in step.options.directions]


def _wanted(step: SynthesisStep, directions: Sequence[Direction]) -> Sequence[Direction]:
    """The directions that a step states, else all that its model could be asked for."""
    if step.options.directions:
        return _stated(step)
    both = [*directions, *(direction.reversed for direction in directions)]
    return list(dict.fromkeys(both)) if not step.self_training else directions
