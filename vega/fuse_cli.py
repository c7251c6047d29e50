"""`vega fuse`: two models as one, neurons aligned first."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from vega.errors import UserError

Model = Annotated[Path, typer.Argument(metavar="PATH", help="Folder of checkpoints, a checkpoint, or a fairseq .pt.")]

#: What each way of aligning goes by.
WAYS = ("weights", "activations", "paper", "none")


def fuse(
    first: Model,
    second: Model,
    output: Annotated[Path, typer.Option("--output", help="File or folder to write.")],
    align: Annotated[
        str,
        typer.Option(
            help="By weights or activations: the first model's neurons change places, its function does not. paper: "
            "each matrix on its own, as the authors' release; function not preserved. none: plain average."
        ),
    ] = "weights",
    p0: Annotated[float, typer.Option("--p0", min=0, max=1, help="Weight of the first model.")] = 0.1,
    embeddings: Annotated[
        str, typer.Option(help="second: as in the second model; fused: like everything else.")
    ] = "second",
    regularisation: Annotated[
        float, typer.Option("--reg", min=0, help="0: exact plans. More: Sinkhorn's soft ones, in units of mean cost.")
    ] = 0.0,
    data: Annotated[
        Path | None, typer.Option(help="Folder of `vega binarize`, for activations and paper, which run its dev set.")
    ] = None,
    directions: Annotated[str, typer.Option(help="Of that text, as en-de,de-en [the first model's].")] = "",
    tokens: Annotated[int, typer.Option(min=1, help="Target tokens of that text that the models see.")] = 4096,
    seed: Annotated[int, typer.Option(help="Which of them.")] = 1,
    to: Annotated[str, typer.Option("--to", help="fairseq (a .pt file) or sharded (a folder).")] = "fairseq",
) -> None:
    """Fuse two models of one architecture and vocabulary: p0 x FIRST, neurons aligned, + (1 - p0) x SECOND.

    FIRST is the one trained from random weights, SECOND the pre-trained one. Then go on training: `vega finetune`.

    Example: vega fuse ri.pt pt.pt --output fused.pt --align activations --data runs/demo/binarize
    """
    _check(align, embeddings, to, data, regularisation)
    from vega.checkpoints.fuse import Fused, check_same_model, write_fused
    from vega.checkpoints.sources import open_weights

    if output.exists():
        raise UserError(f"{output} is already there. Delete it, or choose another name.")
    weights = open_weights(first), open_weights(second)
    check_same_model(*weights)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".fuse-") as folder:
        text = (data, directions, tokens, seed)
        source, alignment = _aligned(weights, align, text, regularisation, Path(folder))
        fused = Fused(source, weights[1], alignment, p0, embeddings == "second")
        write_fused(fused, output, to)
    _report(fused)


def _check(align: str, embeddings: str, to: str, data: Path | None, regularisation: float) -> None:
    for option, value, known in (
        ("--align", align, WAYS),
        ("--embeddings", embeddings, ("second", "fused")),
        ("--to", to, ("fairseq", "sharded")),
    ):
        if value not in known:
            raise UserError(f"{option} {value}: unknown. Use one of {', '.join(known)}.")
    if align in ("activations", "paper") and data is None:
        raise UserError(f"--align {align} runs the models on text: give --data, a folder of `vega binarize`.")
    if align in ("paper", "none") and regularisation:
        raise UserError(f"--reg is for --align weights and activations, not {align}.")


def _aligned(weights: tuple[Any, Any], align: str, text: Any, regularisation: float, folder: Path) -> tuple[Any, Any]:
    """The first model's weights, and how to align them while they are read."""
    if align == "none":
        return weights[0], None
    import importlib

    from vega.checkpoints.fuse import align as alignment
    from vega.checkpoints.sources import open_weights

    if align == "weights":
        return weights[0], alignment(*weights, None, regularisation)
    running = importlib.import_module("fairseq_plugins.fusion")  # by name: vega does not import plugins
    batches = running.dev_batches(weights[0], *text)
    if align == "paper":
        running.align_by_matrix(*weights, batches, folder / "aligned.pt")
        return open_weights(folder / "aligned.pt"), None
    features = running.record(weights[0], batches, folder / "0"), running.record(weights[1], batches, folder / "1")
    return weights[0], alignment(*weights, features, regularisation)


def _report(fused: Any) -> None:
    streams = fused.alignment.symmetry if fused.alignment else None
    if streams is not None and streams.fixed:
        typer.echo("Positions are sinusoidal: the residual stream stays in its order, inner neurons are aligned.")
    typer.echo(f"squared distance of the models: {fused.before:.6g}; aligned: {fused.after:.6g}")
