"""What decides how a line of text is judged, as one hash: settings, held-out text, this code, and all packages.

So work from before a filter was mended, or a model's package renewed, is never used after it.
"""

from __future__ import annotations

import hashlib
import json
import site
import sys
from functools import cache
from pathlib import Path

from vega import corpus, fasttext_model, language_id, languages, letters, normalize, numerals, repetition, text_files
from vega.manifest import hash_file
from vega.settings import CleanSettings


def fingerprint(settings: CleanSettings) -> str:
    """24 hexadecimal digits. Of the training text and its filters nothing is in it (see shards.cut)."""
    content = {
        "dedup": settings.dedup.model_dump(mode="json"),
        "score_all": settings.score_all,
        "held_out": [
            [held.name, held.kind, code, held.columns.get(code), hash_file(path)]
            for held in settings.held_out
            for code, path in held.paths().items()
        ],
        "ignore": settings.ignore,
        "environment": environment(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:24]


#: What filters and analyses of outputs share.
_READERS = (fasttext_model, language_id, letters, numerals, repetition)


@cache
def environment() -> str:
    """Hash of the source of this package and of what it uses of vega, and the versions of all packages."""
    files = sorted(path for path in Path(__file__).parent.rglob("*") if path.suffix in (".py", ".npz", ".json"))
    files += [Path(str(module.__file__)) for module in (*_READERS, languages, normalize, text_files)]
    files += sorted(Path(str(corpus.__file__)).parent.glob("*.py"))
    # Not sys.path: imports add to it (Ray brings packages of its own), and the hash would depend on their order.
    # By the names of folders, `name-version.dist-info`: to read what is in them takes a second.
    places = [*site.getsitepackages(), site.getusersitepackages()]
    packages = sorted(path.name for place in places for path in Path(place).glob("*-info"))
    digest = hashlib.sha256(f"{sys.version} {packages}".encode())
    for path in files:
        digest.update(hash_file(path).encode())
    return digest.hexdigest()
