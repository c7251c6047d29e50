from pathlib import Path

from fairseq import options
from fairseq.dataclass.utils import convert_namespace_to_omegaconf
from fairseq.distributed import utils
from fairseq_cli import train as fairseq_train

from fairseq_plugins import precision
from tests.fairseq_plugins.running import train_arguments


def test_bf16_trains_without_a_tpu(data: Path, tmp_path: Path) -> None:
    arguments = [*train_arguments(data, tmp_path, 3, "--disable-validation"), "--bf16"]
    cfg = convert_namespace_to_omegaconf(options.parse_args_and_arch(options.get_training_parser(), arguments))
    assert cfg.common.tpu
    assert cfg.distributed_training.tpu  # what stock fairseq makes of --bf16; when this fails the patch can go
    trainers = []
    real = fairseq_train.Trainer

    class Recording(real):
        def __init__(self, *args: object) -> None:
            super().__init__(*args)
            trainers.append(self)

    fairseq_train.Trainer = Recording
    try:
        utils.call_main(cfg, fairseq_train.main)
    finally:
        fairseq_train.Trainer = real
    assert trainers[0].get_num_updates() == 3
    assert {str(p.dtype) for p in trainers[0].model.parameters()} == {"torch.bfloat16"}


def test_the_patch_is_where_the_programs_look() -> None:
    assert fairseq_train.distributed_utils.call_main.__qualname__.startswith(precision.allow_bf16_without_tpu.__name__)
