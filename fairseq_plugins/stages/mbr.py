"""The `mbr` stage: what minimum Bayes risk decoding gains on dev sentences over beam search."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from fairseq_plugins.decoders import write_decoder, write_dev_outputs
from fairseq_plugins.decoders.mbr import Decision, MbrDecoder, utility_content
from fairseq_plugins.dev.text import DevText, write_gain
from fairseq_plugins.loading import open_checkpoint
from fairseq_plugins.sampling import Sampling
from vega.atomic import write_json
from vega.directions import Direction
from vega.neural.mbr_utility import NeuralUtility
from vega.progress import say
from vega.settings.mbr import MbrSettings


def run(settings: MbrSettings, output: Path) -> None:
    """Write `decoder.json`, `gain.json`, `mbr.json` and the dev sentences' outputs. Nothing is tuned on them."""
    dev = DevText(settings)
    translator = dev.translator([open_checkpoint(model.checkpoint) for model in settings.models])
    sampling = Sampling(settings.samples, settings.temperature, settings.top_k, settings.top_p, settings.seed)
    utility = None if settings.utility == "chrf" else NeuralUtility(settings.utility)
    decoder = MbrDecoder(
        translator, sampling, with_beam=settings.with_beam, aggregated=settings.aggregated, utility=utility
    )
    write_decoder(
        output,
        "mbr",
        [model.name for model in settings.models],
        sampling=asdict(sampling),
        with_beam=settings.with_beam,
        aggregated=settings.aggregated,
        utility=utility_content(utility, settings.utility),
    )
    base = dev.translate(translator)
    better = dev.translate(recorded := _Recorded(decoder))
    if utility is not None:
        utility.close()
    write_dev_outputs(output, dev, better)
    gain = write_gain(output, dev, ("beam search", base), ("minimum Bayes risk", better), {})
    pairs = [pair for lines in zip(better.lines, base.lines, strict=True) for pair in zip(*lines, strict=True)]
    decisions = recorded.decisions
    content = {
        "samples": settings.samples,
        "utility_name": "chrF" if utility is None else utility.name,
        "sentences": len(pairs),
        "changed": sum(ours != theirs for ours, theirs in pairs),
        "different": round(sum(each.different for each in decisions) / len(decisions), 2),
        "utility": round(sum(each.utility for each in decisions) / len(decisions), 4),
    }
    write_json(output / "mbr.json", content)
    say(f"{settings.metric} {gain.base:.2f} by beam search, {gain.score:.2f} by minimum Bayes risk.")


class _Recorded:
    """The decoder, which keeps what it decided."""

    def __init__(self, decoder: MbrDecoder) -> None:
        self._decoder = decoder
        self.decisions: list[Decision] = []

    def translate(self, lines: list[str], direction: Direction) -> list[str]:
        found = self._decoder.decide(lines, direction)
        self.decisions += found
        return [each.text for each in found]
