"""MetricX-23 and -24 (Juraska et al. 2023, 2024): mT5 whose first output's logit of one token is the error score.

As in google-research/metricx: the decoder sees one start symbol, the logit of <extra_id_10> clamped to 0..25 is the
score, the input has no end symbol. The released weights have the names of transformers' mT5, so that its own class
runs them. MetricX counts errors; here it is negated, as WMT's evaluation does, so that more is better.
"""

import torch
import transformers
from torch.nn.utils.rnn import pad_sequence
from torch_device import Refused, choose_device
from transformers import AutoTokenizer, MT5ForConditionalGeneration

#: Number of <extra_id_10> in mT5's vocabulary.
SCORE_TOKEN = 250_089
WORST = 25.0
#: Tokens that the models were trained with.
LONGEST = {"metricx-23": 1024, "metricx-24": 1536}


class Model:
    """A model folder with mT5's tokenizer in it."""

    def __init__(self, request: dict) -> None:  # type: ignore[type-arg]
        self.kind, self.with_references = request["kind"], request["with_references"]
        self.batch_size = request["batch_size"]
        self.device = choose_device(request["device"])
        self.package = f"transformers-{transformers.__version__}"
        self._tokenizer = AutoTokenizer.from_pretrained(request["folder"], local_files_only=True)
        model, info = MT5ForConditionalGeneration.from_pretrained(
            request["folder"], local_files_only=True, output_loading_info=True
        )
        if info["missing_keys"]:
            raise Refused(f"the weights are not MetricX's: {', '.join(sorted(info['missing_keys'])[:3])} are missing")
        self._model = model.float().eval().to(self.device)

    def score(self, segments: list) -> list:  # type: ignore[type-arg]
        """Minus the error score, -25 to 0 for each [source, hypothesis, reference]."""
        scores: list = []  # type: ignore[type-arg]
        for start in range(0, len(segments), self.batch_size):
            texts = [self.text(*segment) for segment in segments[start : start + self.batch_size]]
            scores += self._batch(texts)
        return scores

    def text(self, source: str, hypothesis: str, reference: str) -> str:
        """The two generations name the parts in different orders."""
        if self.kind == "metricx-24":
            text = f"source: {source} candidate: {hypothesis}"
            return f"{text} reference: {reference}" if self.with_references else text
        return f"candidate: {hypothesis} " + (
            f"reference: {reference}" if self.with_references else f"source: {source}"
        )

    @torch.inference_mode()
    def _batch(self, texts: list) -> list:  # type: ignore[type-arg]
        encoded = self._tokenizer(texts, max_length=LONGEST[self.kind], truncation=True)
        rows = [torch.tensor(each[:-1]) for each in encoded["input_ids"]]
        ids = pad_sequence(rows, batch_first=True, padding_value=self._tokenizer.pad_token_id).to(self.device)
        lengths = torch.tensor([len(row) for row in rows], device=self.device)
        mask = torch.arange(ids.shape[1], device=self.device) < lengths[:, None]  # (B, T)
        start = torch.zeros(len(texts), 1, dtype=torch.long, device=self.device)
        logits = self._model(input_ids=ids, attention_mask=mask.long(), decoder_input_ids=start).logits  # (B, 1, V)
        return [-float(each) for each in logits[:, 0, SCORE_TOKEN].clamp(0, WORST)]
