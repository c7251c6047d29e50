"""What the local page of `vega watch --serve` consists of: the page, and the state that it asks for again and again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval.report.axes import duration
from eval.report.figures import direction_charts, loss_chart, speed_charts
from eval.report.policy import source_hash
from eval.report.watch_state import RunState, Training
from eval.report.watch_text import OUTCOMES, figures, progress
from vega.version import __version__

FOLDER = Path(__file__).parent
#: Seconds between the page's questions.
REFRESH = 2.0


def page(name: str) -> tuple[str, str]:
    """The page of the run `name`, and the policy to send with it: nothing but its own script, style and state."""
    style, script = _read("style.css") + _read("watch.css"), _read("watch.js")
    environment = Environment(loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined)
    text = environment.get_template("watch.html").render(
        name=name, version=__version__, style=Markup(style), script=Markup(script), refresh=REFRESH
    )
    policy = [
        "default-src 'none'",
        f"script-src {source_hash(script)}",
        f"style-src-elem {source_hash(style)}",
        "style-src-attr 'unsafe-inline'",  # charts state their width
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
    return text, "; ".join(policy)


def state_json(state: RunState) -> str:
    """{name, outcome, said, time, stages: [{name, state, time, detail}], training: [{stage, progress, share, figures,
    directions, charts}], warnings}; charts are SVG, in which text of the run is escaped."""
    content = {
        "name": state.name,
        "outcome": state.outcome,
        "said": OUTCOMES[state.outcome],
        "time": round(state.time, 1),
        "stages": [
            {
                "name": stage.name,
                "state": stage.state,
                "time": duration(stage.seconds) if stage.seconds is not None else "",
                "detail": stage.detail,
            }
            for stage in state.stages
        ],
        "training": [_training(training) for training in state.training],
        "warnings": state.warnings,
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _training(training: Training) -> dict[str, Any]:
    curves = training.curves
    return {
        "stage": training.stage,
        "progress": progress(training),
        "share": min(1.0, training.update / training.max_update),
        "figures": figures(training),
        "directions": training.directions,
        "charts": {
            "loss": loss_chart(curves, training.stage),
            "directions": list(direction_charts(curves).values()),
            "speed": speed_charts(curves),
        },
    }


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
