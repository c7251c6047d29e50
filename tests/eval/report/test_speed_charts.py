"""Speed over updates: our own count where a log has it, fairseq's else."""

from __future__ import annotations

from eval.report.figures import speed_charts


def captions(*figures: str) -> list[str]:
    points = [{"updates": float(update), **dict.fromkeys(figures, 2.0 * update)} for update in (1, 2, 3)]
    return [caption for caption, chart in speed_charts({"train": points, "valid": []}) if chart]


def test_a_stock_log_gives_words_and_ours_utilisation_too() -> None:
    assert captions("wps", "lr") == ["Target tokens per second", "Learning rate"]
    assert captions("wps", "tps", "mfu") == ["Target tokens per second", "Model FLOP utilisation"]


def test_our_count_of_tokens_comes_before_fairseqs() -> None:
    both = [{"updates": update, "wps": 1.0, "tps": 70.0} for update in (1.0, 2.0)]
    stock = [{"updates": update, "wps": 70.0} for update in (1.0, 2.0)]
    assert speed_charts({"train": both, "valid": []}) == speed_charts({"train": stock, "valid": []})
