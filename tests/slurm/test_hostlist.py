from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slurm.hostlist import expand
from vega.errors import UserError


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("n1", ["n1"]),
        ("n[1-3,07-09],login", ["n1", "n2", "n3", "n07", "n08", "n09", "login"]),
        ("a,b", ["a", "b"]),
        ("r[1-2]n[3,5]-ib", ["r1n3-ib", "r1n5-ib", "r2n3-ib", "r2n5-ib"]),
        ("n[098-101]", ["n098", "n099", "n100", "n101"]),
        ("", []),
    ],
)
def test_names_come_in_their_order(text: str, names: list[str]) -> None:
    assert expand(text) == names


@given(st.lists(st.from_regex(r"\A[a-z]{1,3}\d{0,3}\Z"), max_size=5))
def test_plain_names_stay_as_they_are(names: list[str]) -> None:
    assert expand(",".join(names)) == names


@pytest.mark.parametrize("text", ["n[1-", "n1]", "n[a-b]", "n[]"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="not a list of nodes"):
        expand(text)
