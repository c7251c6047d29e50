"""The task in real training, validation, generation and interactive runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from fairseq import options
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from fairseq.logging import progress_bar
from fairseq_cli import generate as fairseq_generate
from fairseq_cli import interactive as fairseq_interactive
from fairseq_cli import validate as fairseq_validate

from fairseq_plugins.tasks.multidirectional import MultidirectionalConfig, MultidirectionalTask
from tests.fairseq_plugins.running import PLUGINS, run_train, train_arguments
from vega.errors import UserError
from vega.settings import Form
from vega.vocabulary import Vocabulary, write_form
from vega.vocabulary_files import copy_vocabulary


def task_for(data: Path, **changes: object) -> MultidirectionalTask:
    config = MultidirectionalConfig(data=str(data), directions="en-de,de-en,ja-en", train_subset="train", seed=1)
    for name, value in changes.items():
        setattr(config, name, value)
    return MultidirectionalTask.setup_task(config)


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    folder = tmp_path_factory.mktemp("trained")
    log = run_train(train_arguments(data, folder, 40, "--validate-interval-updates", "20"), folder / "train.log")
    return folder, log


def test_it_learns(trained: tuple[Path, list[dict[str, str]]]) -> None:
    losses = [float(line["nll_loss"]) for line in trained[1]]
    assert losses[-1] < losses[0] - 1


def test_resume_equals_an_uninterrupted_run(
    data: Path, trained: tuple[Path, list[dict[str, str]]], tmp_path: Path
) -> None:
    """Stopped in the middle of an epoch, in the middle of a block, with dropout on."""
    validate = ("--validate-interval-updates", "20")
    run_train(train_arguments(data, tmp_path, 23, *validate), tmp_path / "first.log")
    rest = run_train(train_arguments(data, tmp_path, 40, *validate), tmp_path / "second.log")
    whole = [line for line in trained[1] if int(line["num_updates"]) > 23]
    assert [(x["num_updates"], x["loss"], x["gnorm"]) for x in rest] == [
        (x["num_updates"], x["loss"], x["gnorm"]) for x in whole
    ]
    ours, theirs = (torch.load(folder / "checkpoint_last.pt", weights_only=True) for folder in (tmp_path, trained[0]))
    assert ours["extra_state"]["train_iterator"] == theirs["extra_state"]["train_iterator"]
    assert all(torch.equal(ours["model"][name], theirs["model"][name]) for name in theirs["model"])


def test_consumed_tokens_are_in_log_and_checkpoint(trained: tuple[Path, list[dict[str, str]]], data: Path) -> None:
    state = torch.load(trained[0] / "checkpoint_last.pt", weights_only=True)["extra_state"]["train_iterator"]
    names = {f"{d}/{source}" for d in ("en-de", "de-en", "ja-en") for source in ("news", "talks")}
    consumed, planned = state["consumed_target_tokens"], state["planned_share"]
    assert set(consumed) == set(planned) == names
    for name in names:
        assert consumed[name] == sum(int(line[f"tokens_{name}"]) for line in trained[1])
        assert consumed[name] / sum(consumed.values()) == pytest.approx(planned[name], abs=0.03)


def test_validation_reads_every_sentence_once_in_batches_of_one_direction(data: Path) -> None:
    task = task_for(data)
    task.load_dataset("valid")
    dataset = task.datasets["valid"]
    iterator = task.get_batch_iterator(
        dataset, max_tokens=60, required_batch_size_multiple=8, max_positions=(1024, 1024)
    )
    seen: list[int] = []
    for batch in iterator.next_epoch_itr(shuffle=False):
        assert len(set(batch["net_input"]["prev_output_tokens"][:, 0].tolist())) == 1
        seen += batch["id"].tolist()
    assert sorted(seen) == list(range(3 * 21))


def test_a_language_without_tag_or_text_is_one_sentence(data: Path) -> None:
    with pytest.raises(UserError, match="no tag for 'cs'"):
        task_for(data).tag("cs")
    with pytest.raises(UserError, match="no train text for en-cs"):
        task_for(data, directions="en-cs").load_dataset("train")
    with pytest.raises(UserError, match="no valid2 text"):
        task_for(data).load_dataset("valid2")
    with pytest.raises(UserError, match=r"dict\.txt: no such file"):
        task_for(data / "nowhere")
    with pytest.raises(UserError, match="--directions"):
        task_for(data, directions="").load_dataset("train")


def test_fairseq_validate_reports_each_direction(
    data: Path, trained: tuple[Path, list[dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: dict[str, Any] = {}
    real = progress_bar.progress_bar

    def recording(*args: Any, **kwargs: Any) -> Any:
        bar = real(*args, **kwargs)
        monkeypatch.setattr(bar, "print", lambda stats, **_: printed.update(stats))
        return bar

    monkeypatch.setattr(progress_bar, "progress_bar", recording)
    arguments = [str(data), "--user-dir", PLUGINS, "--task", "vega_multidirectional", "--directions", "en-de,ja-en",
                 "--path", str(trained[0] / "checkpoint_last.pt"), "--max-tokens", "500", "--cpu"]  # fmt: skip
    args = options.parse_args_and_arch(options.get_validation_parser(), arguments)
    fairseq_validate.main(convert_namespace_to_omegaconf(args))
    assert {"nll_loss", "nll_en-de", "nll_ja-en"} <= set(printed)
    each = (float(printed["nll_en-de"]), float(printed["nll_ja-en"]))
    assert min(each) <= float(printed["nll_loss"]) <= max(each)


def test_fairseq_generate_works_unmodified_and_loses_no_line(
    data: Path, trained: tuple[Path, list[dict[str, str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(data), "--user-dir", PLUGINS, "--task", "vega_multidirectional", "-s", "en", "-t", "de",
                 "--path", str(trained[0] / "checkpoint_last.pt"), "--gen-subset", "test", "--beam", "2",
                 "--max-tokens", "200", "--bpe", "sentencepiece", "--sentencepiece-model", str(data / "spm.model"),
                 "--cpu", "--max-len-b", "20"]  # fmt: skip
    args = options.parse_args_and_arch(options.get_generation_parser(), arguments)
    fairseq_generate.main(convert_namespace_to_omegaconf(args))
    printed = capsys.readouterr().out.splitlines()
    outputs = [line for line in printed if line.startswith("D-")]
    assert sorted(int(line.split("\t")[0][2:]) for line in outputs) == list(range(23))
    references = [line.split("\t")[1] for line in printed if line.startswith("T-")]
    assert all("__" not in line for line in references)


def test_fairseq_interactive_translates_typed_lines(
    data: Path, trained: tuple[Path, list[dict[str, str]]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "typed").write_text("the red house\nold bird sings\n")
    arguments = [str(data), "--user-dir", PLUGINS, "--task", "vega_multidirectional", "-s", "en", "-t", "de",
                 "--path", str(trained[0] / "checkpoint_last.pt"), "--input", str(tmp_path / "typed"), "--beam", "2",
                 "--bpe", "sentencepiece", "--sentencepiece-model", str(data / "spm.model"), "--cpu"]  # fmt: skip
    args = options.parse_args_and_arch(options.get_interactive_generation_parser(), arguments)
    fairseq_interactive.main(convert_namespace_to_omegaconf(args))
    assert sum(line.startswith("D-") for line in capsys.readouterr().out.splitlines()) == 2


def test_the_source_tag_of_typed_lines_is_the_one_of_training(data: Path) -> None:
    task = task_for(data, source_lang="ja", target_lang="en")
    tokens = torch.tensor([*Vocabulary.load(data).encode("家", "ja"), 2])
    item = task.build_dataset_for_inference([tokens], [len(tokens)])[0]
    assert item["source"].tolist() == [task.dictionary.index("__ja__"), *tokens.tolist()]


def test_typed_lines_are_not_in_the_form_of_the_vocabulary(
    data: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    """They come through SentencePiece alone, and whoever types them is told."""
    copy_vocabulary(data, tmp_path)
    task_for(tmp_path).build_dataset_for_inference([], [])
    assert not [warning for warning in recwarn if "normalize.json" in str(warning.message)]
    write_form(tmp_path, Form(width=True))
    with pytest.warns(UserWarning, match=r"normalize\.json: .* fairseq-interactive does not"):
        task_for(tmp_path).build_dataset_for_inference([], [])
