"""Run by a test in one process, as the import of COMET takes seconds: each model's scores, or why it is refused.

Arguments: the folder of the child's modules. Standard input: [requests, segments].
"""

import importlib
import json
import sys
from typing import Any


def score_all(requests: list[dict[str, Any]], segments: list[list[str]]) -> list[Any]:
    """For each request the scores of the adapter and of the package's own `predict`, or the refusal."""
    child = importlib.import_module("comet_child")
    found: list[Any] = []
    for request in requests:
        try:
            model = child.Model(request)
            found.append([model.score(segments), model._by_predict(segments)])
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return found


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    results = score_all(*json.load(sys.stdin))
    with open(sys.argv[2], "w", encoding="utf-8") as stream:  # noqa: PTH123
        json.dump(results, stream)
