"""What each stage can be told: one strict, typed model per stage, read from YAML and `--set key=value`.

A stage command is `vega <stage> SETTINGS.yaml --output FOLDER`; `vega run` writes that file for every stage.
`<Stage>Options` is what a recipe states; `<Stage>Settings` adds the inputs, which the run fills in.
Each field says its meaning and unit; `vega <stage> --help` prints them. An unknown key is an error that
names the nearest known one (see `vega.strict_yaml`).
"""

from __future__ import annotations

from vega.settings.average import AverageOptions, AverageSettings
from vega.settings.base import SPEED_ONLY, DirectionName, Strict
from vega.settings.binarize import BinarizeOptions, BinarizeSettings
from vega.settings.clean import CleanOptions, CleanSettings, DedupOptions
from vega.settings.corpora import Corpus
from vega.settings.curriculum import TextNoise, TrainingPhase, Until
from vega.settings.dev import DevInputs, DevOptions, NamedModel
from vega.settings.ensemble import EnsembleOptions, EnsembleSettings
from vega.settings.evaluate import AboutTestSet, EvaluateOptions, EvaluateSettings
from vega.settings.fuse import FuseOptions, FuseSettings
from vega.settings.leakage import LeakageOptions, LeakageSettings
from vega.settings.mbr import MbrOptions, MbrSettings
from vega.settings.methods import VEGA_E2S2, VEGA_FSAM, E2s2, Fsam
from vega.settings.neural import NeuralMetric
from vega.settings.postprocess import PostprocessOptions, PostprocessSettings
from vega.settings.pretrain import PretrainOptions, PretrainSettings
from vega.settings.probe import ProbeOptions, ProbeSettings
from vega.settings.report import ReportOptions, ReportSettings
from vega.settings.rerank import RerankOptions, RerankSettings
from vega.settings.soup import SoupOptions, SoupSettings
from vega.settings.steps import (
    AnyStep,
    AverageStep,
    EnsembleStep,
    FuseStep,
    MbrStep,
    OfSeveral,
    ProbeStep,
    RerankStep,
    SoupStep,
    Step,
    TrainStep,
    TuneStep,
)
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
from vega.settings.tuning import TuneOptions, TuneSettings, TuningTextOptions, TuningTextSettings
from vega.settings.vocab import Form, VocabOptions, VocabSettings

__all__ = [
    "SPEED_ONLY",
    "VEGA_E2S2",
    "VEGA_FSAM",
    "AboutTestSet",
    "AnyStep",
    "AverageOptions",
    "AverageSettings",
    "AverageStep",
    "BackTranslation",
    "BinarizeOptions",
    "BinarizeSettings",
    "CleanOptions",
    "CleanSettings",
    "Corpus",
    "CycleTranslation",
    "DedupOptions",
    "DevInputs",
    "DevOptions",
    "DirectionName",
    "E2s2",
    "EnsembleOptions",
    "EnsembleSettings",
    "EnsembleStep",
    "EvaluateOptions",
    "EvaluateSettings",
    "Form",
    "Fsam",
    "FuseOptions",
    "FuseSettings",
    "FuseStep",
    "LeakageOptions",
    "LeakageSettings",
    "MbrOptions",
    "MbrSettings",
    "MbrStep",
    "NamedModel",
    "NeuralMetric",
    "NoiseOptions",
    "OfSeveral",
    "PostprocessOptions",
    "PostprocessSettings",
    "PretrainOptions",
    "PretrainSettings",
    "ProbeOptions",
    "ProbeSettings",
    "ProbeStep",
    "ReportOptions",
    "ReportSettings",
    "RerankOptions",
    "RerankSettings",
    "RerankStep",
    "SearchOptions",
    "SelfTraining",
    "SoupOptions",
    "SoupSettings",
    "SoupStep",
    "Step",
    "Strict",
    "SynthesisStep",
    "SynthesizeOptions",
    "SynthesizeSettings",
    "System",
    "TextNoise",
    "TrainOptions",
    "TrainSettings",
    "TrainStep",
    "TrainerOptions",
    "TrainerSettings",
    "TrainingPhase",
    "TranslateOptions",
    "TranslateSettings",
    "TuneOptions",
    "TuneSettings",
    "TuneStep",
    "TuningTextOptions",
    "TuningTextSettings",
    "Until",
    "VocabOptions",
    "VocabSettings",
]
