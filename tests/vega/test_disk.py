import errno
from pathlib import Path

import pytest

from vega.disk import explain_full_disk
from vega.errors import UserError


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_space_is_the_users_to_put_right(tmp_path: Path, number: int) -> None:
    with pytest.raises(UserError, match=f"{tmp_path}/new: cannot write"), explain_full_disk(tmp_path / "new"):
        raise OSError(number, "no space")


def test_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), explain_full_disk(tmp_path):
        raise PermissionError(errno.EACCES, "no")
