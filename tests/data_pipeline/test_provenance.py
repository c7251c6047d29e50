"""The record of every line does not depend on how the lines were cut into shards."""

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_pipeline import provenance
from data_pipeline.leakage.matcher import Match
from data_pipeline.provenance import MARGIN, Trail, Writer, is_kept, name_duplicates, score_columns
from data_pipeline.verdict import KEPT, Verdict

OUTCOMES = st.sampled_from([KEPT, "length", "error:length"])
VERDICTS = st.lists(
    st.builds(
        Verdict,
        row=st.just({}),
        outcome=OUTCOMES,
        error=st.none() | st.text(max_size=3),
        match=st.none() | st.builds(Match, st.just("near"), st.just("en"), st.just("test"), st.just(3), st.just(0.5)),
        scores=st.dictionaries(st.sampled_from(["b.x", "a.y", "a.x"]), st.floats(width=32, allow_nan=False)),
        margins=st.dictionaries(st.sampled_from(["a", "b"]), st.floats(width=32, allow_nan=False)),
    ),
    min_size=1,
    max_size=25,
)
COLUMNS = ["a.x", "a.y", "b.x"]


def table(verdicts: list[Verdict], first: int = 1) -> pa.Table:
    trail = Trail("c.en-de", first, len(verdicts))
    for verdict in verdicts:
        trail.add(verdict)
    return trail.table(lambda column: column)


def write(path: Path, verdicts: list[Verdict], shard: int) -> bytes:
    writer = Writer(path, COLUMNS)
    for start in range(0, len(verdicts), shard):
        writer.add(table(verdicts[start : start + shard], start + 1))
    writer.close()
    return path.read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(verdicts=VERDICTS, shard=st.integers(1, 30), group=st.integers(1, 12))
def test_what_is_read_is_what_was_said_in_the_same_bytes_for_any_shard(
    tmp_path: Path, verdicts: list[Verdict], shard: int, group: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provenance, "ROW_GROUP", group)
        written = write(tmp_path / "one.parquet", verdicts, len(verdicts))
        assert write(tmp_path / "many.parquet", verdicts, shard) == written
    file = pq.ParquetFile(tmp_path / "many.parquet")
    sizes = [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)]
    assert sizes == [group] * (len(verdicts) // group) + [len(verdicts) % group] * (len(verdicts) % group > 0)
    rows = file.read().to_pylist()
    for line, (row, verdict) in enumerate(zip(rows, verdicts, strict=True), start=1):
        match = (verdict.match.test_set, verdict.match.line) if verdict.match else (None, None)
        assert (row["corpus"], row["line"]) == ("c.en-de", line)
        assert (row["outcome"], row["error"], row["of"], row["of_line"]) == (verdict.outcome, verdict.error, *match)
        assert {name: row[name] for name in COLUMNS if row[name] is not None} == verdict.scores


def test_duplicates_are_named_in_the_rows_that_were_kept() -> None:
    before = table([Verdict({}), Verdict({}, "length"), Verdict({}), Verdict({})], first=11)
    found = pa.table(
        {
            "line": pa.array([11, 14], pa.uint64()),
            "rule": pa.array(["duplicate", "near_duplicate"]).dictionary_encode(),
            "of_corpus": pa.array([1, 0], pa.uint16()),
            "of_line": pa.array([7, 3], pa.uint64()),
            "similarity": pa.array([1.0, 0.9], pa.float32()),
        }
    )
    after = name_duplicates(before, found, ["c.en-de", "d.en-de"])
    assert after.schema == before.schema
    assert after["outcome"].to_pylist() == ["duplicate", "length", KEPT, "near_duplicate"]
    assert after["of"].to_pylist() == ["d.en-de", None, None, "c.en-de"]
    assert after["of_line"].to_pylist() == [7, None, None, 3]
    assert is_kept(after).tolist() == [False, False, True, False]
    with pytest.raises(AssertionError, match="duplicates among lines that were not kept"):
        name_duplicates(after, found, ["c.en-de", "d.en-de"])


def test_a_score_that_is_no_number_is_null_and_margins_stay_out_of_the_dataset(tmp_path: Path) -> None:
    verdicts = [Verdict({}, scores={"a.x": math.nan}, margins={"a": 1.0}), Verdict({}, scores={"a.x": math.inf})]
    found = table(verdicts)
    assert found["a.x"].to_pylist() == [None, math.inf]
    assert score_columns(found.schema.names) == ["a.x"]
    assert np.isclose(found[f"{MARGIN}a"].to_pylist()[0], 1.0)
    write(tmp_path / "p.parquet", verdicts, 1)
    assert [name for name in pq.read_schema(tmp_path / "p.parquet").names if name.startswith(MARGIN)] == []


def test_a_line_without_troubles_takes_few_bytes(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    scores = [{name: float(generator.integers(1, 100)) for name in COLUMNS} for _ in range(20_000)]
    write(tmp_path / "p.parquet", [Verdict({}, scores=found) for found in scores], 5000)
    assert (tmp_path / "p.parquet").stat().st_size / 20_000 < 6
