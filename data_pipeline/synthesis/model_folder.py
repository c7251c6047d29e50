"""The model that translates, as CTranslate2 reads it: given so, or exported from a checkpoint, once per ledger."""

from __future__ import annotations

import hashlib
from pathlib import Path

import ctranslate2

from data_pipeline.ledger import publishing, whole_record
from vega.errors import UserError
from vega.manifest import hash_file
from vega.progress import say
from vega.settings import SynthesizeSettings
from vega.vocabulary_files import vocabulary_files


def model_hash(settings: SynthesizeSettings) -> str:
    """Of all files of the model and the vocabulary; they decide what is translated."""
    if not settings.model.exists():
        raise UserError(f"{settings.model}: no such checkpoint. Train first, or name another one.")
    files = sorted(path for path in settings.model.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in [*(files or [settings.model]), *vocabulary_files(settings.data)]:
        if not path.exists():
            raise UserError(f"{path}: no such file. Give the folder of `vega binarize` that the model was trained on.")
        digest.update(f"{path.name} {hash_file(path)}\n".encode())
    return digest.hexdigest()


def model_folder(settings: SynthesizeSettings, ledger: Path) -> Path:
    """The folder that CTranslate2 loads: the model itself, or the unit of its export."""
    given = ctranslate2.contains_model(str(settings.model))
    return settings.model.absolute() if given else ledger / "units" / "model"


def ready_model(settings: SynthesizeSettings, ledger: Path, compute_type: str) -> Path:
    """`model_folder`; a checkpoint is exported into the ledger, in the numbers it will use."""
    unit = model_folder(settings, ledger)
    if unit != settings.model.absolute() and whole_record(unit) is None:
        from vega.checkpoints.ctranslate2 import QUANTIZATIONS, export_ctranslate2
        from vega.checkpoints.sources import open_weights

        say(f"Exporting {settings.model} for CTranslate2 ({compute_type})")
        with publishing(unit) as (folder, seal):
            weights = open_weights(settings.model)
            kind = compute_type if compute_type in QUANTIZATIONS else "float32"
            export_ctranslate2(weights, folder, settings.data, kind)
            seal({})
    return unit
