"""What the report shows of reranking: what each feature does, and how much of the gain is tuning."""

from __future__ import annotations

from typing import Any

from eval.report.steps import Table
from vega.metrics import METRICS


def tables(content: dict[str, Any]) -> list[Table]:
    """Features with their weights, and the scores with weights of other sentences and of the same."""
    metric = METRICS[content["metric"]]
    per_line = content["candidates"] / content["sentences"]
    features = Table(
        f"Features of {per_line:.1f} different candidates per line: tuned weight, and {metric} on dev where the "
        "feature alone chooses, by the sign of its weight",
        ["feature", "weight", f"{metric} alone"],
        [[row["feature"], f"{row['weight']:+.4f}", f"{row['alone']:.2f}"] for row in content["features"]],
    )
    names = {
        "held out": f"weights of the other folds, of {content['folds']}",
        "tuned": "weights of the same sentences, which flatter",
    }
    rows = [
        [names[name], f"{each['score']:.2f}", f"{each['gain']:+.2f}", f"{each['low']:+.2f} to {each['high']:+.2f}"]
        for name, each in content["gains"].items()
    ]
    rows.append(["best candidate of each line by the reference", f"{content['oracle']:.2f}", "", ""])
    return [features, Table("What is chosen on dev", ["", metric, "over beam search", "95 % interval"], rows)]


def figures(content: dict[str, Any]) -> list[tuple[str, str]]:
    """None."""
    return []
