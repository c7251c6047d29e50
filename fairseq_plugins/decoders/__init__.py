"""Ways of decoding that a stage has made: a folder with `decoder.json`, and the models that it names.

    {"kind": "rerank", "models": ["train", "r2l"], ...}

The rest of the file is the kind's own. `KINDS` says who reads it: `module:function`, called with the content, the
models' checkpoints by name, the folder of the vocabulary, and the search settings.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairseq_plugins.dev.text import DevText, Outputs, Translator
from fairseq_plugins.translator import Search
from vega.atomic import write_json, write_text
from vega.errors import UserError

FILE = "decoder.json"

KINDS = {
    "ensemble": "fairseq_plugins.decoders.ensemble:open",
    "mbr": "fairseq_plugins.decoders.mbr:open",
    "rerank": "fairseq_plugins.decoders.rerank:open",
}


def write_decoder(folder: Path, kind: str, models: list[str], **content: Any) -> dict[str, Any]:
    """`decoder.json` of a stage; returns what is in it."""
    written = {"kind": kind, "models": models, **content}
    write_json(folder / FILE, written)
    return written


def write_dev_outputs(folder: Path, dev: DevText, outputs: Outputs) -> None:
    """What the decoder made of the dev sentences, as `dev/{set}.{source}-{target}.{target}`, for people."""
    for part, lines in zip(dev.parts, outputs.lines, strict=True):
        name = f"{part.name}.{part.direction}.{part.direction.target}"
        write_text(folder / "dev" / name, "".join(f"{line}\n" for line in lines))


def read_decoder(folder: Path) -> dict[str, Any]:
    """What a stage wrote; UserError where there is none."""
    path = folder / FILE
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        kind = found["kind"]
    except FileNotFoundError:
        raise UserError(f"{path}: no such file. Give the folder of a stage: {', '.join(sorted(KINDS))}.") from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path}: not what a stage writes. Run the stage again.") from None
    if kind not in KINDS:
        raise UserError(f"{path}: kind '{kind}' is unknown; there are {', '.join(sorted(KINDS))}.")
    return found


def open_decoder(folder: Path, models: Mapping[str, Path], data: Path, search: Search) -> Translator:
    """A stage's way of decoding, with its models; UserError where one of them is not given."""
    content = read_decoder(folder)
    if missing := [name for name in content["models"] if name not in models]:
        raise UserError(
            f"{folder / FILE} needs the models {', '.join(content['models'])}; not given: {', '.join(missing)}."
        )
    module, _, function = KINDS[content["kind"]].partition(":")
    opened: Translator = getattr(importlib.import_module(module), function)(content, dict(models), data, search)
    return opened
