"""A shard's file depends on the shard alone, and accounts for every line."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from pathlib import Path

import pytest

from data_pipeline.executors import run_local
from data_pipeline.run_ray import run_ray
from data_pipeline.translation.contract import Search
from data_pipeline.translation.engine import EngineSettings, load_engine
from data_pipeline.translation.job import TranslateJob, read_outputs, shard_seed, translate_shard
from tests.data_pipeline.translation.test_engine import english
from vega.directions import parse_direction
from vega.errors import UserError

SAMPLING = Search(method="sampling", top_k=10, n_best=2, max_tokens=200)


def shards(model: Path, folder: Path, search: Search) -> list[TranslateJob]:
    """Three shards with an empty line each; the second one has a line that is too long."""
    folder.mkdir()
    lines = english(90)
    jobs = []
    for number in range(3):
        part = [*lines[number * 30 : number * 30 + 30], "", *(["house " * 300] if number == 1 else [])]
        source = folder / f"{number}.en"
        source.write_text("".join(f"{line}\n" for line in part), encoding="utf-8")
        engine = EngineSettings(model, "cpu", "float32")
        jobs.append(
            TranslateJob(source, folder / f"{number}.parquet", engine, parse_direction("en-de"), search, shard=number)
        )
    return jobs


def written(jobs: Iterable[TranslateJob]) -> dict[str, bytes]:
    return {job.output.name: job.output.read_bytes() for job in jobs}


def test_every_line_is_accounted_for(model: Path, tmp_path: Path) -> None:
    jobs = shards(model, tmp_path / "a", SAMPLING)
    results = list(run_local(translate_shard, jobs))
    for job, result in zip(jobs, results, strict=True):
        outputs = list(read_outputs(job.output))
        failed = [output for output in outputs if output.error is not None]
        assert result.lines == result.translated + result.empty + result.failed == len(job.source.open().readlines())
        assert [output.line for output in outputs] == sorted(output.line for output in outputs)
        assert {output.line for output in outputs} == set(range(1, result.lines + 1))
        assert (result.translated, result.empty, result.failed) == (30, 1, 1 if job.shard == 1 else 0)
        assert [(o.line, o.text, o.score) for o in failed] == ([(32, None, None)] if job.shard == 1 else [])
        assert [o.text for o in outputs if o.line == 31] == [""]
        assert result.target_tokens == sum(output.tokens or 0 for output in outputs)
        assert result.unfinished == sum(not o.finished for o in outputs if o.error is None and o.rank == 0)
        assert result.seconds > 0
    assert [sum(o.rank == 1 for o in read_outputs(job.output)) for job in jobs] == [30, 30, 30]


def test_the_file_depends_on_the_shard_alone(model: Path, tmp_path: Path) -> None:
    first, second = (shards(model, tmp_path / name, SAMPLING) for name in "ab")
    list(run_local(translate_shard, first))
    load_engine.cache_clear()
    list(run_local(translate_shard, second[::-1]))
    assert written(first) == written(second)
    translate_shard(second[1])
    assert written(first) == written(second)


@pytest.mark.e2e
def test_ray_workers_write_the_same(model: Path, tmp_path: Path) -> None:
    for name, search in (("sampling", SAMPLING), ("beam", Search(beam=2, max_tokens=200))):
        here, there = (shards(model, tmp_path / f"{name}{place}", search) for place in "ab")
        list(run_local(translate_shard, here))
        results = list(run_ray(translate_shard, there, 2))
        assert written(here) == written(there)
        assert sorted(result.job.shard for result in results) == [0, 1, 2]


def test_jobs_and_results_are_small_and_travel(model: Path, tmp_path: Path) -> None:
    job = shards(model, tmp_path / "a", Search(beam=1))[0]
    assert pickle.loads(pickle.dumps(job)) == job
    assert len(pickle.dumps(translate_shard(job))) < 2000


def test_shards_draw_from_streams_of_their_own(model: Path, tmp_path: Path) -> None:
    seeds = {shard_seed(seed, shard) for seed in range(30) for shard in range(30)}
    assert len(seeds) == 900 and all(0 <= seed < 2**32 for seed in seeds)
    jobs = shards(model, tmp_path / "a", SAMPLING)
    jobs[1].source.write_bytes(jobs[0].source.read_bytes())
    list(run_local(translate_shard, jobs))
    assert [o.text for o in read_outputs(jobs[0].output)] != [o.text for o in read_outputs(jobs[1].output)]


def test_an_empty_shard_gives_an_empty_file_and_a_bad_one_none(model: Path, tmp_path: Path) -> None:
    job = shards(model, tmp_path / "a", Search(beam=1))[0]
    job.source.write_text("")
    assert translate_shard(job).lines == 0
    assert list(read_outputs(job.output)) == []
    job.output.unlink()
    job.source.write_bytes(b"good\n\xff\n")
    with pytest.raises(UserError, match=r"0\.en:2: invalid UTF-8"):
        translate_shard(job)
    assert [path.name for path in job.output.parent.iterdir() if path.name.startswith("0")] == ["0.en"]
