"""Metrics converted to Marian (Gowda et al. 2024): COMET, CometKiwi and BLEURT, by pymarian's Evaluator."""

import os

import pymarian

#: Marian's name of a kind of metric -> which of source, hypothesis and reference it reads, in its order.
FIELDS = {"comet": (0, 1, 2), "comet-qe": (0, 1), "bleurt": (1, 2)}


class Refused(Exception):
    """Said to the user as it is."""


class Model:
    """A Marian model file with its SentencePiece vocabulary."""

    def __init__(self, request: dict) -> None:  # type: ignore[type-arg]
        kind = "comet" if request["with_references"] else "comet-qe"
        if "bleurt" in os.path.basename(request["folder"]).lower():  # noqa: PTH119
            kind = "bleurt"
        on_gpu = request["device"] == "cuda"  # there is no way to ask: auto is the CPU
        where = {"devices": [0]} if on_gpu else {"cpu_threads": len(os.sched_getaffinity(0))}
        self._evaluator = pymarian.Evaluator.new(
            model_file=request["checkpoint"],
            vocab_file=request["others"][0],
            like=kind,
            mini_batch=request["batch_size"],
            quiet="",
            **where,
        )
        stated = self._evaluator.model_type
        if stated not in (None, kind):
            hint = "set references: none" if stated == "comet-qe" else "leave out references: none"
            raise Refused(f"{request['checkpoint']} is of Marian's type {stated}, not {kind}; {hint}")
        self._fields = FIELDS[kind]
        self.package = f"pymarian-{pymarian.__version__}"
        self.device = "cuda" if on_gpu else "cpu"

    def score(self, segments: list) -> list:  # type: ignore[type-arg]
        """Marian's score of each [source, hypothesis, reference]; white space inside a text is one space."""
        rows = ["\t".join(" ".join(segment[index].split()) for index in self._fields) for segment in segments]
        return [float(score) for score in self._evaluator.evaluate(rows)]
