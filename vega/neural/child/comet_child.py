"""COMET by the package unbabel-comet; nothing else in Vega knows it.

What is trusted: the package and its classes. The checkpoint is a pickle; it is loaded with torch's `weights_only`
(forced by an environment variable, as Lightning loads it): tensors and plain values, no function of its own.
"""

import importlib.metadata
import os

import torch
from torch_device import Refused, choose_device

#: Sentence vectors kept for the next request, 4 KB each with 1,024 numbers.
VECTORS = 20_000


class Model:
    """A checkpoint in the layout of the hub, the encoder's tokenizer and config beside it."""

    def __init__(self, request: dict) -> None:  # type: ignore[type-arg]
        self.with_references, self.batch_size = request["with_references"], request["batch_size"]
        self.device = choose_device(request["device"])
        self.package = f"unbabel-comet-{importlib.metadata.version('unbabel-comet')}"
        os.chdir(request["folder"])  # the encoder's name in the checkpoint is then the folder with its tokenizer
        check_pickle(request["checkpoint"])
        from comet import load_from_checkpoint  # here: it takes seconds, a bad file is known before
        from comet.models import RegressionMetric

        model = load_from_checkpoint(request["checkpoint"], local_files_only=True)
        check_weights(model, request["checkpoint"])
        self._model = model.eval().to(self.device)
        self._vectors: dict = {}  # type: ignore[type-arg]
        self._encodes_apart = type(model) is RegressionMetric

    def score(self, segments: list) -> list:  # type: ignore[type-arg]
        """COMET's number for each [source, hypothesis, reference or None]."""
        return self._by_vectors(segments) if self._encodes_apart else self._by_predict(segments)

    def _by_predict(self, segments: list) -> list:  # type: ignore[type-arg]
        """The package's own way, for every kind of model."""
        samples = [{"src": source, "mt": output} for source, output, _ in segments]
        if self.with_references:
            for sample, segment in zip(samples, segments):  # noqa: B905
                sample["ref"] = segment[2]
        on_gpu = self.device == "cuda"
        found = self._model.predict(
            samples, batch_size=self.batch_size, gpus=int(on_gpu), num_workers=0, progress_bar=False
        )
        return [float(score) for score in found.scores]

    @torch.inference_mode()
    def _by_vectors(self, segments: list) -> list:  # type: ignore[type-arg]
        """Each different text is encoded once, not once per segment: the same numbers as `predict`, sooner."""
        columns = list(zip(*segments))  # noqa: B905
        self._encode({text for column in columns for text in column})
        vectors = [torch.stack([self._vectors[text] for text in column]) for column in columns]
        return [float(score) for score in self._model.estimate(*vectors).score]

    def _encode(self, texts: set) -> None:  # type: ignore[type-arg]
        new = sorted(texts - self._vectors.keys(), key=lambda text: (-len(text), text))
        if len(self._vectors) + len(new) > VECTORS:
            self._vectors = {text: vector for text, vector in self._vectors.items() if text in texts}
        for start in range(0, len(new), self.batch_size):
            part = new[start : start + self.batch_size]
            inputs = {key: value.to(self.device) for key, value in self._model.encoder.prepare_sample(part).items()}
            self._vectors.update(zip(part, self._model.get_sentence_embedding(**inputs)))  # noqa: B905


def check_pickle(path: str) -> None:
    """Refuse, by name, what the checkpoint has besides weights and plain values."""
    try:
        unknown = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except (AttributeError, ValueError):  # an old torch, or its old format; loading refuses as well
        return
    if unknown:
        raise Refused(
            f"{path} has more in it than weights ({', '.join(sorted(unknown)[:5])}), which would run as it is loaded, "
            "so it is not; save it again with its state_dict and hyper_parameters only, if you trust it"
        )


def check_weights(model: torch.nn.Module, path: str) -> None:
    """Refuse a checkpoint that lacks weights: COMET would leave random ones in their place."""
    with_map = {"mmap": True} if zipped(path) else {}
    state = torch.load(path, map_location="cpu", weights_only=True, **with_map)["state_dict"]
    missing = [name for name, _ in model.named_parameters() if name not in state]
    if missing:
        raise Refused(f"{path} has no {', '.join(missing[:3])}{' ...' if len(missing) > 3 else ''}; copy it again")


def zipped(path: str) -> bool:
    """Whether torch saved it in its format of today, which need not be read whole."""
    with open(path, "rb") as stream:  # noqa: PTH123
        return stream.read(2) == b"PK"
