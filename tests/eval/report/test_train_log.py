from __future__ import annotations

import json

from eval.report.train_log import curves, read_curves


def inner(update: int, **values: str) -> str:
    return json.dumps({"epoch": 1, "update": 0.5, **values, "num_updates": str(update)})


def test_strings_become_numbers_and_points_are_in_order_of_updates():
    lines = [inner(20, loss="6.5", lr="0.0005", wps="2900"), inner(10, loss="7.5")]
    assert curves(lines)["train"] == [
        {"epoch": 1, "update": 0.5, "loss": 7.5, "updates": 10},
        {"epoch": 1, "update": 0.5, "loss": 6.5, "lr": 0.0005, "wps": 2900, "updates": 20},
    ]


def test_a_doubled_line_is_one_point_and_after_a_resume_the_later_line_counts():
    points = curves([inner(10, loss="7"), inner(10, loss="7"), inner(20, loss="6"), inner(10, loss="5")])["train"]
    assert [(point["updates"], point["loss"]) for point in points] == [(10, 5), (20, 6)]


def test_validation_lines_lose_their_prefix_and_keep_the_loss_of_each_direction():
    line = json.dumps({"epoch": 2, "valid_nll_loss": "5.5", "valid_nll_en-de": "5.1", "valid_num_updates": "30"})
    found = curves([f"2026-11-23 05:00:00 | INFO | valid | {line}"])
    assert found == {"train": [], "valid": [{"epoch": 2, "nll_loss": 5.5, "nll_en-de": 5.1, "updates": 30}]}


def test_end_of_epoch_lines_stand_in_only_where_there_are_no_others():
    epoch = json.dumps({"epoch": 1, "train_loss": "9", "train_num_updates": "15"})
    assert curves([epoch])["train"] == [{"epoch": 1, "loss": 9, "updates": 15}]
    assert [point["updates"] for point in curves([inner(10, loss="7"), epoch])["train"]] == [10]


def test_values_that_are_no_numbers_are_left_out():
    (point,) = curves([inner(10, loss="nan", ppl="inf", note="None", lr="1e-3")])["train"]
    assert point == {"epoch": 1, "update": 0.5, "lr": 0.001, "updates": 10}


def test_other_lines_are_passed_over(tmp_path):
    path = tmp_path / "train.log"
    path.write_bytes("\n".join(["hello {", "{not json}", "[1]", "{}", '{"a": 1}']).encode() + b"\n\xff\xfe\n")
    assert read_curves(path) == {"train": [], "valid": []}
