"""What each stage can be told: one strict, typed model per stage, read from YAML and `--set key=value`.

A stage command is `vega <stage> SETTINGS.yaml --output FOLDER`; `vega run` writes that file for every stage.
`<Stage>Options` is what a recipe states; `<Stage>Settings` adds the inputs, which the run fills in.
Each field says its meaning and unit; `vega <stage> --help` prints them. An unknown key is an error that
names the nearest known one (see `vega.strict_yaml`).
"""

from __future__ import annotations

from vega.settings.base import SPEED_ONLY, DirectionName, Strict
from vega.settings.binarize import BinarizeOptions, BinarizeSettings
from vega.settings.clean import CleanOptions, CleanSettings, DedupOptions
from vega.settings.corpora import Corpus
from vega.settings.curriculum import TextNoise, TrainingPhase, Until
from vega.settings.evaluate import EvaluateOptions, EvaluateSettings
from vega.settings.leakage import LeakageOptions, LeakageSettings
from vega.settings.methods import VEGA_E2S2, VEGA_FSAM, E2s2, Fsam
from vega.settings.pretrain import PretrainOptions, PretrainSettings
from vega.settings.report import ReportOptions, ReportSettings
from vega.settings.synthesize import (
    BackTranslation,
    CycleTranslation,
    NoiseOptions,
    SearchOptions,
    SelfTraining,
    SynthesisStep,
    SynthesizeOptions,
    SynthesizeSettings,
)
from vega.settings.train import TrainerOptions, TrainerSettings, TrainOptions, TrainSettings
from vega.settings.translate import System, TranslateOptions, TranslateSettings
from vega.settings.vocab import Form, VocabOptions, VocabSettings

__all__ = [
    "SPEED_ONLY",
    "VEGA_E2S2",
    "VEGA_FSAM",
    "BackTranslation",
    "BinarizeOptions",
    "BinarizeSettings",
    "CleanOptions",
    "CleanSettings",
    "Corpus",
    "CycleTranslation",
    "DedupOptions",
    "DirectionName",
    "E2s2",
    "EvaluateOptions",
    "EvaluateSettings",
    "Form",
    "Fsam",
    "LeakageOptions",
    "LeakageSettings",
    "NoiseOptions",
    "PretrainOptions",
    "PretrainSettings",
    "ReportOptions",
    "ReportSettings",
    "SearchOptions",
    "SelfTraining",
    "Strict",
    "SynthesisStep",
    "SynthesizeOptions",
    "SynthesizeSettings",
    "System",
    "TextNoise",
    "TrainOptions",
    "TrainSettings",
    "TrainerOptions",
    "TrainerSettings",
    "TrainingPhase",
    "TranslateOptions",
    "TranslateSettings",
    "Until",
    "VocabOptions",
    "VocabSettings",
]
