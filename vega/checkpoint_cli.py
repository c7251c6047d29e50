"""`vega checkpoint`: look into, check and convert checkpoints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from vega.errors import UserError

checkpoint_app = typer.Typer(
    help="Look into, check and convert checkpoints, of sharded training and fairseq's own.\n\n"
    "PATH is a folder of checkpoints (its last one is meant), one checkpoint's folder, or a fairseq .pt file.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Checkpoint = Annotated[Path, typer.Argument(metavar="PATH", help="Folder or .pt file.")]
Format = Annotated[
    str, typer.Option("--to", help="fairseq (one .pt file), safetensors, huggingface or ctranslate2 (folders).")
]
Dtype = Annotated[str, typer.Option("--dtype", help="fp32, bf16 or fp16 [as stored].")]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the vocabulary (dict.txt, spm.model) to put beside; ctranslate2 needs it."),
]
Quantization = Annotated[
    str,
    typer.Option(
        "--quantization", help="For ctranslate2: float32, float16, bfloat16, int8, int8_float16, ... [float32]."
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Compare the output probabilities of both afterwards.")]


@checkpoint_app.command()
def inspect(
    path: Checkpoint, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False
) -> None:
    """What is in it: update, architecture, parameters, size, largest tensors.

    Example: vega checkpoint inspect runs/demo/train/checkpoints
    """
    import json

    from vega.checkpoints.inspect import describe, render

    content = describe(path)
    typer.echo(json.dumps(content, indent=1) if as_json else render(content))


@checkpoint_app.command()
def verify(
    path: Checkpoint, values: Annotated[bool, typer.Option("--values", help="Check every number too.")] = False
) -> None:
    """Whether a sharded checkpoint is whole. Exits 1 and names the file if not.

    Example: vega checkpoint verify runs/big/train/checkpoints/best
    """
    from vega.checkpoints.verify import problems

    found = list(problems(path, values=values))
    for problem in found:
        sys.stderr.write(f"vega: error: {problem}\n")
    if found:
        raise typer.Exit(1)
    typer.echo(f"{path}: whole")


@checkpoint_app.command()
def reshard(
    path: Checkpoint,
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write.")],
    ranks: Annotated[int, typer.Option("--ranks", min=1, help="Number of files.")],
) -> None:
    """Write a sharded checkpoint again in another number of files. Training never needs it: it resumes on any number.

    Example: vega checkpoint reshard checkpoints/last archive --ranks 1
    """
    from vega.checkpoints.reshard import reshard

    reshard(path, output, ranks)


@checkpoint_app.command()
def export(
    path: Checkpoint,
    output: Annotated[Path, typer.Argument(metavar="OUT", help="File or folder to write.")],
    to: Format = "fairseq",
    dtype: Dtype = "",
    data: Data = None,
    quantization: Quantization = "",
    check: Check = False,
) -> None:
    """Write the weights as one fairseq file, as safetensors, for Hugging Face or CTranslate2; tensor by tensor.

    Example: vega checkpoint export checkpoints/best model.pt
    """
    from vega.checkpoints.export import export
    from vega.checkpoints.sources import open_weights

    export(open_weights(path), output, _one_of(to), _dtype(dtype), data, quantization)
    if check:
        _check(path, output, to, exact=quantization in ("", "float32"))


def _one_of(to: str) -> str:
    known = ("fairseq", "safetensors", "huggingface", "ctranslate2")
    if to not in known:
        raise UserError(f"--to {to}: unknown. Use one of {', '.join(known)}.")
    return to


def _dtype(name: str) -> Any:
    from vega.checkpoints.export import DTYPES

    if name and name not in DTYPES:
        raise UserError(f"--dtype {name}: unknown. Use one of {', '.join(DTYPES)}.")
    return DTYPES.get(name)


def _check(path: Path, output: Path, to: str, *, exact: bool) -> None:
    """`exact` is False for weights in fewer bits than the checkpoint's, whose rounding is in the difference too."""
    if to == "safetensors":
        raise UserError("--check compares models that can run: --to fairseq, huggingface or ctranslate2.")
    import importlib

    parity = importlib.import_module("fairseq_plugins.checkpoint_parity")  # by name: vega does not import plugins
    if to == "ctranslate2":
        from vega.checkpoints.ctranslate2 import largest_difference

        source, previous = parity.random_batch(_rows(path))
        difference = largest_difference(output, source, previous, parity.log_probabilities(path, source, previous))
    else:
        difference = parity.largest_difference(path, output)
    typer.echo(f"largest difference of log-probabilities: {difference:.1e}")
    if difference > (1e-2 if exact else 0.5):
        raise UserError(f"{output} does not compute what {path} computes.")


def _rows(path: Path) -> int:
    from vega.checkpoints.sources import open_weights

    return open_weights(path).tensors()["encoder.embed_tokens.weight"].shape[0]
