"""Time and peak memory of fusing two models by weights, against the same fusion through full matrices with POT.

Baseline: both models in memory, for each group of neurons the rows of all its tensors side by side, `ot.dist`,
`ot.emd`, the plan as a full matrix, tensors aligned by matrix products, then averaged and saved. Same groups, same
heads, so the same result, which is checked. Each run is a process of its own; reading and writing checkpoints counts,
imports do not. Memory is private memory (RssAnon, looked at every 10 ms) above that after imports: pages of mapped
checkpoints, which the kernel takes back when it needs them, are not in it.

    python benchmarks/fusion.py --size vega_big --vocabulary 32000 --extrapolate vega_xl

A layer is one of the encoder and one of the decoder. With `--extrapolate`, two widths of that size's ratio of
feed-forward to width are measured with one layer: time and memory grow on as powers of the width, by the growth between
them. The wider one is also measured with two layers: what the second adds is what each further layer adds. Both models
have random weights: for the solver harder than a model and its relative, and about as hard as two strangers.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from vega.model_sizes import SIZES

P0 = 0.1
#: Widths from which the growth is measured.
GROWTH = (256, 512)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, help="one of our sizes")
    parser.add_argument("--shapes", default="", help="widths and feed-forward widths, as 64x512,128x1024")
    parser.add_argument("--layers", type=int, default=1, help="of encoder and of decoder, for --shapes")
    parser.add_argument("--vocabulary", type=int, default=8000)
    parser.add_argument("--learned", action="store_true", help="learned positions: the residual stream is aligned too")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--kinds", default="ours,full")
    parser.add_argument("--extrapolate", choices=SIZES)
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(*options.child)
        return
    results = [measured(shape, options) for shape in wanted(options)]
    found: dict[str, Any] = {"name": "fusion", "threads": options.threads, "learned": options.learned, "runs": results}
    if options.extrapolate:
        found["extrapolated"] = {"size": options.extrapolate, **extrapolated(results, options.extrapolate)}
    print(json.dumps(found))


def wanted(options: Any) -> list[dict[str, int]]:
    """Width, ffn, heads and layers of each model."""
    shapes = [tuple(map(int, shape.split("x"))) for shape in options.shapes.split(",") if shape]
    found = [shaped(width, ffn, options.layers) for width, ffn in shapes]
    if options.size:
        size = SIZES[options.size]
        found.append({"width": size.width, "ffn": size.ffn_width, "heads": size.heads, "layers": size.encoder_layers})
    if options.extrapolate:
        ratio = SIZES[options.extrapolate].ffn_width // SIZES[options.extrapolate].width
        found += [shaped(width, width * ratio, 1) for width in GROWTH]
        found.append(shaped(GROWTH[-1], GROWTH[-1] * ratio, 2))
    return found


def shaped(width: int, ffn: int, layers: int) -> dict[str, int]:
    """Heads of 64 or fewer channels."""
    return {"width": width, "ffn": ffn, "heads": max(width // 64, 2), "layers": layers}


def measured(shape: dict[str, int], options: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("make", folder, {**shape, "vocabulary": options.vocabulary, "learned": options.learned}, 2)
        runs = {kind: run(kind, folder, {}, options.threads) for kind in options.kinds.split(",")}
        if len(runs) == 2:
            runs["same"] = run("compare", folder, {}, 1)["same"]
    return {**shape, "vocabulary": options.vocabulary, **runs}


def run(kind: str, folder: Path, given: dict[str, Any], threads: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", kind, str(folder), json.dumps(given), str(threads)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    peak = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        while process.poll() is None:
            peak = max(peak, private_mib(process.pid))
            time.sleep(0.01)
        assert process.stdout is not None
        said = process.stdout.read().splitlines()
    if process.returncode:
        raise SystemExit(f"{kind} has failed")
    result: dict[str, Any] = json.loads(said[-1])
    if "before_mib" in result:
        result["peak_mib"] = round(peak - result.pop("before_mib"))
    print(kind, given, result, file=sys.stderr)
    return result


def private_mib(process: int) -> float:
    """Memory of a process that no file backs, at this moment; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon")), 0.0)


def child(kind: str, name: str, given: str, threads: str) -> None:
    import torch

    torch.set_num_threads(int(threads))
    folder = Path(name)
    if kind == "make":
        make(folder, json.loads(given))
        print("{}")
        return
    if kind == "compare":
        # Made by this script, here and below.
        # written by this script
        ours, full = (torch.load(folder / f"{each}.pt", weights_only=False, mmap=True) for each in ("ours", "full"))
        print(
            json.dumps({"same": all(torch.allclose(t, full["model"][n], atol=1e-6) for n, t in ours["model"].items())})
        )
        return
    import ot  # noqa: F401 (imports are not what is measured)

    import vega.checkpoints.fuse  # noqa: F401

    before, started, cpu = private_mib(os.getpid()), time.monotonic(), time.process_time()
    {"ours": ours_run, "full": full_run}[kind](folder)
    times = {"seconds": time.monotonic() - started, "cpu_seconds": time.process_time() - cpu}
    print(json.dumps({**{key: round(value, 3) for key, value in times.items()}, "before_mib": before}))


def make(folder: Path, given: dict[str, Any]) -> None:
    """Two models of random weights as fairseq files."""
    import torch
    from fairseq.models import ARCH_CONFIG_REGISTRY, build_model

    from fairseq_plugins.loading import _Task

    options = {"arch": "vega_tiny", "max_source_positions": 512, "max_target_positions": 512}
    for side in ("encoder", "decoder"):
        options |= {
            f"{side}_layers": given["layers"], f"{side}_embed_dim": given["width"],
            f"{side}_ffn_embed_dim": given["ffn"], f"{side}_attention_heads": given["heads"],
            f"{side}_learned_pos": given["learned"],
        }  # fmt: skip
    args = Namespace(**options)
    ARCH_CONFIG_REGISTRY["vega_tiny"](args)
    for seed in (1, 2):
        torch.manual_seed(seed)
        model = build_model(args, _Task(given["vocabulary"]))
        with torch.no_grad():
            for parameter in model.parameters():  # norms and biases are equal at the start; trained ones are not
                if parameter.dim() == 1:
                    parameter.add_(torch.randn_like(parameter) * 0.1)
        torch.save({"cfg": {"model": args}, "model": model.state_dict()}, folder / f"model{seed}.pt")


def ours_run(folder: Path) -> None:
    from vega.checkpoints.fuse import Fused, align, write_fused
    from vega.checkpoints.sources import open_weights

    first, second = open_weights(folder / "model1.pt"), open_weights(folder / "model2.pt")
    write_fused(Fused(align(first, second), second, P0), folder / "ours.pt", "fairseq")


def full_run(folder: Path) -> None:
    import torch

    from vega.checkpoints.fuse import symmetry_of
    from vega.checkpoints.sources import open_weights

    symmetry = symmetry_of(open_weights(folder / "model1.pt"))
    states = [torch.load(folder / f"model{seed}.pt", weights_only=False) for seed in (1, 2)]  # made by this script
    first, second = (state["model"] for state in states)
    plans = FullPlans(symmetry, first, second).found()
    fused = {}
    for name, theirs in second.items():
        aligned = transported(first[name], symmetry.axes.get(name, ()), plans)
        fused[name] = theirs if "embed_" in name or name not in symmetry.axes else P0 * aligned + (1 - P0) * theirs
    for name in second:
        if name not in symmetry.axes and "embed_" not in name:  # tied
            fused[name] = fused["encoder.embed_tokens.weight"]
    torch.save({**states[1], "model": fused}, folder / "full.pt")


def emd(cost: Any) -> Any:
    """POT's exact plan, marginals of ones, and as many steps as it takes."""
    import numpy as np
    import ot

    return ot.emd(np.ones(len(cost)), np.ones(len(cost)), np.ascontiguousarray(cost), numItermax=2**62)


def transported(tensor: Any, axes: tuple[str | None, ...], plans: dict[str, Any]) -> Any:
    import torch

    for at, axis in enumerate(axes):
        if axis is not None:
            tensor = torch.tensordot(tensor, plans[axis], dims=([at], [0])).movedim(-1, at)
    return tensor


class FullPlans:
    """Every plan a full matrix; rounds of streams and inner groups as ours has them."""

    def __init__(self, symmetry: Any, first: dict[str, Any], second: dict[str, Any]) -> None:
        self.symmetry, self.first, self.second = symmetry, first, second

    def found(self) -> dict[str, Any]:
        import torch

        plans: dict[str, Any] = {}
        for group in self.symmetry.streams:
            plans |= self.solved(group, plans)
        while True:
            for group in self.symmetry.inner:
                plans |= self.solved(group, {s.axes[0]: plans[s.axes[0]] for s in self.symmetry.streams})
            before = dict(plans)
            for group in self.symmetry.streams:
                plans |= self.solved(group, plans)
            if all(torch.equal(before[group.axes[0]], plans[group.axes[0]]) for group in self.symmetry.streams):
                return plans

    def solved(self, group: Any, plans: dict[str, Any]) -> dict[str, Any]:
        import numpy as np
        import torch

        costs = [self.cost(axis, plans) for axis in group.axes]
        d = group.size // group.heads
        blocks = [cost.reshape(group.heads, d, group.heads, d).swapaxes(1, 2) for cost in costs]
        inner = [[[emd(block[h, g]) for g in range(group.heads)] for h in range(group.heads)] for block in blocks]
        between = sum(
            np.array([[(plan * c).sum() for plan, c in zip(*row, strict=True)] for row in zip(i, b, strict=True)])
            for i, b in zip(inner, blocks, strict=True)
        )
        heads = emd(between)
        found = {}
        for axis, plan in zip(group.axes, inner, strict=True):
            rows = [
                np.concatenate([heads[h, g] * plan[h][g] for g in range(group.heads)], 1) for h in range(group.heads)
            ]
            found[axis] = torch.from_numpy(np.concatenate(rows)).float()
        return found

    def cost(self, axis: str, plans: dict[str, Any]) -> Any:
        import numpy as np
        import ot

        rows: tuple[list[Any], list[Any]] = ([], [])
        for name, at in self.symmetry.tensors(axis):
            others = tuple(None if other == axis else other for other in self.symmetry.axes[name])
            if all(other is None or other in plans for other in others):
                pair = transported(self.first[name], others, plans), self.second[name]
                for kept, tensor in zip(rows, pair, strict=True):
                    kept.append(tensor.movedim(at, 0).reshape(tensor.shape[at], -1).double().numpy())
        return np.ascontiguousarray(ot.dist(*(np.concatenate(each, 1) for each in rows), metric="sqeuclidean"))


def extrapolated(results: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Hours and GiB of the size, from the last three results: two widths, and the wider one with two layers."""
    size = SIZES[name]
    narrow, wide, deep = results[-3:]
    found: dict[str, Any] = {}
    for kind in (kind for kind in ("ours", "full") if kind in wide):
        for key, unit, scale in (("cpu_seconds", "cpu_hours", 3600), ("peak_mib", "peak_gib", 1024)):
            power = math.log(wide[kind][key] / narrow[kind][key]) / math.log(wide["width"] / narrow["width"])
            layer = max(deep[kind][key] / wide[kind][key] - 1, 0)  # what a further layer adds, as a share of the first
            one = wide[kind][key] * (size.width / wide["width"]) ** power
            found.setdefault(kind, {})[unit] = round(one * (1 + (size.encoder_layers - 1) * layer) / scale, 1)
            found[kind] |= {f"power_of_{key}": round(power, 2), f"layer_of_{key}": round(layer, 2)}
    return found


if __name__ == "__main__":
    main()
