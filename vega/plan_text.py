"""A plan as text for people."""

from __future__ import annotations

from typing import Any


def render_plan(plan: dict[str, Any]) -> str:
    """The plan's data (see `vega.plan`) as lines of text."""
    parts = [_head(plan), _text(plan), _training(plan), _needs(plan)]
    return "\n\n".join([*parts, *plan["notes"]])


def amount(number: float | None) -> str:
    """Bytes in people's units: 1,536 is 1.5 KiB."""
    if number is None:
        return "unknown"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:,.1f} {unit}" if unit != "B" else f"{number:,.0f} B"
        number /= 1024
    return f"{number:,.1f} TiB"


def duration(seconds: float | None) -> str:
    """Seconds in people's units, two figures."""
    if seconds is None:
        return "unknown"
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.0f} seconds"


def _head(plan: dict[str, Any]) -> str:
    parameters = f"{plan['parameters']:,}" if plan["parameters"] else "unknown"
    return "\n".join(
        (
            f"{plan['recipe']}: {plan['description']}",
            f"model       {plan['arch']}, {parameters} parameters, {plan['vocabulary']:,} symbols",
            f"languages   {' '.join(plan['languages'])}",
            f"directions  {len(plan['directions'])}: {' '.join(plan['directions'])}",
            f"stages      {', '.join(stage['name'] for stage in plan['stages'])}",
        )
    )


def _text(plan: dict[str, Any]) -> str:
    lines = ["text"]
    for corpus in plan["corpora"]:
        count = f"{corpus['lines']:,} lines" if corpus["lines"] is not None else "lines not counted"
        state = "not here" if corpus["missing"] else f"{count}, {amount(corpus['stored_bytes'])}"
        lines.append(f"  {corpus['split']:6} {corpus['name']}.{corpus['group']}: {state}")
    return "\n".join(lines)


def _training(plan: dict[str, Any]) -> str:
    device = plan["device"]
    lines = [
        f"training on {device['processes']} x {device['name']} at {device['tflops']:g} TFLOP/s ({device['source']})"
    ]
    for entry in plan["training"]:
        flops = f"{entry['flops']:.2e} FLOP" if entry["flops"] else "unknown FLOP"
        lines.append(
            f"  {entry['stage']}: {entry['updates']:,} updates of {entry['tokens_per_update']:,} tokens, "
            f"{_passes(entry)}{flops}, {_speed(entry)}{duration(entry['seconds'])}"
        )
    return "\n".join(lines)


def _passes(entry: dict[str, Any]) -> str:
    return f"{entry['passes']:.4g} passes each, " if entry["passes"] != 1 else ""


def _speed(entry: dict[str, Any]) -> str:
    return f"{entry['tokens_per_second']:,.0f} target tokens/s, " if entry["tokens_per_second"] else ""


def _needs(plan: dict[str, Any]) -> str:
    lines = []
    if memory := plan["memory"]:
        lines += [f"memory of one training process: {_parts(memory)}", *_fit(plan)]
        if memory["host"]:
            lines.append(f"  and host memory: {amount(memory['host'])} for weights, gradients, optimizer")
    if saving := plan["checkpoint"]:
        lines.append(
            f"checkpoint: {amount(saving['bytes'])}, {saving['seconds']:.1f} seconds to write, training waits "
            f"{saving['pause_seconds']:.1f} seconds"
        )
    lines.append(f"disk: {_parts(plan['disk'])}")
    return "\n".join(lines)


def _parts(sizes: dict[str, int]) -> str:
    detail = ", ".join(f"{name} {amount(size)}" for name, size in sizes.items() if name not in ("total", "host"))
    return f"{amount(sizes['total'])} ({detail})"


def _fit(plan: dict[str, Any]) -> list[str]:
    if plan["fits"] is None:
        return []
    device = f"{plan['device']['name']} ({plan['device']['memory'] / 2**30:.0f} GiB)"
    if plan["fits"]:
        return [f"  fits {device}"]
    others = f", fits {plan['cards'][0]}" if plan["cards"] else ""
    return [f"  does not fit {device}{others}: try {', '.join(plan['remedies'])}"]
