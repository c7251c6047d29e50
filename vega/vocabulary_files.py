"""The files that make a vocabulary; they go together wherever text becomes numbers, or numbers text."""

from __future__ import annotations

import shutil
from pathlib import Path

#: fairseq's dictionary, the SentencePiece model, and the form of the text (`vega.settings.Form`). A folder without
#: the last has the plain form: `vega vocab` writes it only where more is asked for.
DICTIONARY, MODEL, FORM = "dict.txt", "spm.model", "normalize.json"
VOCABULARY_FILES = (DICTIONARY, MODEL, FORM)


def vocabulary_files(folder: Path) -> list[Path]:
    """Those that must be there, and the form where there is one."""
    return [folder / name for name in VOCABULARY_FILES if name != FORM or (folder / name).exists()]


def copy_vocabulary(source: Path, target: Path) -> None:
    """Copy the files that are there into another folder."""
    for path in vocabulary_files(source):
        if path.exists():
            shutil.copyfile(path, target / path.name)
