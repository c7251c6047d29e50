"""A checkpoint is whole or not there; what is loaded is what was saved, on any number of processes."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch.distributed.tensor import DTensor

from tests.fairseq_plugins.gloo_group import in_processes
from tests.vega.checkpoints.saving import Net, save, sharded_net, store, tensors
from vega.checkpoints.layout import BEST, HIDDEN, LAST, METADATA, SUMS, checkpoint_folders, resolve
from vega.checkpoints.tensor_files import load_tensors, stored_tensors
from vega.checkpoints.verify import problems
from vega.errors import UserError


def test_what_is_loaded_is_what_was_saved(tmp_path: Path) -> None:
    save(store(tmp_path), 5)
    folder = resolve(tmp_path)
    loaded = {name: torch.zeros_like(tensor) for name, tensor in tensors(5).items()}
    load_tensors(folder, loaded)
    assert all(torch.equal(loaded[name], tensor) for name, tensor in tensors(5).items())
    assert {name: info.shape for name, info in stored_tensors(folder).items()} == {
        name: tuple(tensor.shape) for name, tensor in tensors(5).items()
    }
    sums = subprocess.run(["sha256sum", "-c", SUMS], cwd=folder, capture_output=True, text=True)
    assert sums.returncode == 0 and sums.stdout.count(": OK") == 4


def test_a_background_save_may_not_see_later_changes(tmp_path: Path) -> None:
    keeper, values = store(tmp_path), torch.zeros(2_000_000)
    keeper.save(1, {"model.a": values}, {}, {"aliases": {}}, is_best=True, asynchronous=True)
    values.fill_(7)
    keeper.wait()
    loaded = torch.full((2_000_000,), 3.0)
    load_tensors(resolve(tmp_path), {"model.a": loaded})
    assert not loaded.any()
    assert (tmp_path / BEST).resolve() == (tmp_path / LAST).resolve() == resolve(tmp_path)


def test_the_same_update_again_does_not_touch_the_first(tmp_path: Path) -> None:
    keeper = store(tmp_path, last=2)
    save(keeper, 4)
    save(keeper, 4)
    assert [folder.name for folder in checkpoint_folders(tmp_path)] == ["update_00000004", "update_00000004-2"]
    assert resolve(tmp_path).name == "update_00000004-2"


def test_a_kill_between_a_checkpoint_and_its_link_is_mended_at_the_next_start(tmp_path: Path) -> None:
    keeper = store(tmp_path)
    save(keeper, 4)
    save(keeper, 8)
    (tmp_path / LAST).unlink()
    (tmp_path / LAST).symlink_to("update_00000004")
    store(tmp_path)
    assert resolve(tmp_path).name == "update_00000008"


def test_missing_names_and_other_shapes_are_named(tmp_path: Path) -> None:
    save(store(tmp_path), 1)
    with pytest.raises(UserError, match=r"has no tensor 'model\.x'"):
        load_tensors(resolve(tmp_path), {"model.x": torch.zeros(1)})
    with pytest.raises(UserError, match=r"'model.a.weight' has shape \(7, 5\), the model has \(7, 6\)"):
        load_tensors(resolve(tmp_path), {"model.a.weight": torch.zeros(7, 6)})
    with pytest.raises(UserError, match="no finished checkpoint here"):
        resolve(tmp_path / "nowhere")


def test_an_index_that_is_not_ours_is_not_executed(tmp_path: Path) -> None:
    save(store(tmp_path), 1)
    proof = tmp_path / "executed"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {proof}",)

    (resolve(tmp_path) / METADATA).write_bytes(pickle.dumps(Evil()))
    with pytest.raises(UserError, match="not a checkpoint's index"):
        stored_tensors(resolve(tmp_path))
    assert not proof.exists()


@pytest.mark.parametrize("name", ["__0_0.distcp", METADATA, "trainer.pt"])
def test_one_flipped_bit_is_found_and_the_file_named(tmp_path: Path, name: str) -> None:
    save(store(tmp_path), 1)
    assert list(problems(tmp_path, values=True)) == []
    file = resolve(tmp_path) / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert any(str(file) in problem for problem in problems(tmp_path, values=False))


def test_a_missing_file_and_numbers_that_are_none_are_found(tmp_path: Path) -> None:
    keeper = store(tmp_path)
    keeper.save(1, {"model.a": torch.tensor([1.0, float("nan")])}, {}, {"aliases": {}}, is_best=False,
                asynchronous=False)  # fmt: skip
    assert "'model.a' has numbers that are not finite" in " ".join(problems(tmp_path, values=True))
    (resolve(tmp_path) / "trainer.pt").unlink()
    assert "trainer.pt: missing" in " ".join(problems(tmp_path, values=False))


KILLED = """
import sys, time
from pathlib import Path
from tests.vega.checkpoints.saving import save, store
from vega.checkpoints import store as module
keeper = store(Path(sys.argv[1]))
save(keeper, 1)
write = module._write
def slow(path, content):
    print("writing", flush=True)
    time.sleep(60)
module._write = slow
save(keeper, 2, asynchronous=True)
time.sleep(60)
"""


def test_a_killed_save_leaves_the_one_before_and_does_not_disturb_the_next(tmp_path: Path) -> None:
    """Killed when the tensors are written and nothing is published."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"writing"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(tmp_path.glob(f"{HIDDEN}*"))
    assert resolve(tmp_path).name == "update_00000001"
    assert list(problems(tmp_path, values=True)) == []
    save(store(tmp_path), 3)
    assert resolve(tmp_path).name == "update_00000003"
    assert not list(tmp_path.glob(f"{HIDDEN}*"))


FULL = """
import resource, signal, sys
from pathlib import Path
import torch
from tests.vega.checkpoints.saving import save, store
from vega.errors import UserError
keeper = store(Path(sys.argv[1]))
save(keeper, 1)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
keeper.save(2, {"model.a": torch.zeros(1_000_000)}, {}, {"aliases": {}}, is_best=True, asynchronous=True)
try:
    keeper.wait()
except UserError as error:
    print(error)
"""


def test_a_full_disk_is_one_sentence_and_nothing_half_written(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, cwd=Path(__file__).parents[3]
    )
    assert "update_00000002: the checkpoint could not be saved" in done.stdout, done.stderr
    assert "The ones before are whole" in done.stdout
    assert resolve(tmp_path).name == "update_00000001"
    assert not (tmp_path / BEST).exists()


def _save_sharded(rank: int, folder: Path) -> None:
    net = sharded_net(seed=4)
    named = {f"model.{name}": value for name, value in net.state_dict().items()}
    keeper = store(folder)
    blocked = keeper.save(1, named, {"rank": rank}, {"aliases": {}}, is_best=True, asynchronous=True)
    assert blocked < 30
    keeper.wait()


def _load_sharded(rank: int, folder: Path) -> None:
    net = sharded_net(seed=99)
    with torch.no_grad():
        load_tensors(resolve(folder), {f"model.{name}": value for name, value in net.state_dict().items()})
    whole = Net(seed=4).state_dict()
    for name, value in net.state_dict().items():
        assert isinstance(value, DTensor)
        assert torch.equal(value.full_tensor(), whole[name])


@pytest.mark.e2e
def test_two_processes_save_and_any_number_loads(tmp_path: Path) -> None:
    in_processes(2, _save_sharded, tmp_path)
    assert len(list(resolve(tmp_path).glob("*.distcp"))) == 2
    assert list(problems(tmp_path, values=True)) == []
    loaded = {f"model.{name}": torch.zeros_like(value) for name, value in Net(seed=4).state_dict().items()}
    load_tensors(resolve(tmp_path), loaded)
    assert all(torch.equal(loaded[f"model.{name}"], value) for name, value in Net(seed=4).state_dict().items())
    in_processes(3, _load_sharded, tmp_path)


def test_waiting_for_the_save_before_counts_as_blocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vega.checkpoints import store as module

    write = module._write
    monkeypatch.setattr(module, "_write", lambda *args: (time.sleep(0.5), write(*args)))
    keeper = store(tmp_path)
    first = save(keeper, 1, asynchronous=True)
    second = save(keeper, 2, asynchronous=True)
    keeper.wait()
    assert first < 0.8 < second
