"""What the report shows of minimum Bayes risk decoding."""

from __future__ import annotations

from typing import Any

from eval.report.steps import Table


def tables(content: dict[str, Any]) -> list[Table]:
    """How much there was to choose among."""
    rows = [
        ["samples per line", f"{content['samples']}"],
        ["different candidates per line", f"{content['different']:.1f}"],
        [
            f"expected {content.get('utility_name', 'chrF')} of the chosen with the samples",
            f"{content['utility']:.4g}",
        ],
        ["lines that differ from beam search", f"{content['changed']:,} of {content['sentences']:,}"],
    ]
    return [Table("What was chosen among on dev", ["", "number"], rows)]


def figures(content: dict[str, Any]) -> list[tuple[str, str]]:
    """None."""
    return []
