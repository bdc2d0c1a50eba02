"""What is said of a lock is true: every requirement pinned and hashed, none from elsewhere, all that was asked for."""

from __future__ import annotations

import json

import pytest

from deploy.locks import Lock, asked_for, complaints, disagreements, verdicts

HASH = "--hash=sha256:" + "0a" * 32
GOOD = f"""# of main.in
fast-api[all]==1.2.3 \\
    {HASH} \\
    {HASH}
    # via main.in
uvloop==2.0 ; sys_platform != 'win32' \\
    {HASH}
"""


def told(text: str, *asked: str) -> str:
    return "\n".join(complaints(Lock("main.txt", text), set(asked)))


def test_sound_lock_is_not_complained_of() -> None:
    assert told(GOOD, "fast-api", "uvloop") == ""
    assert Lock("", GOOD).pins == {"fast-api": {"1.2.3"}, "uvloop": {"2.0"}}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (f"a>=1 {HASH}", "not pinned: a>=1"),
        ("a==1", "without a hash: a==1"),
        (f"a==1 --hash=md5:{'0' * 32}", "without a hash"),
        (f"--index-url x\na==1 {HASH}", "names an address"),
        (f"a @ https://elsewhere.example/a.whl {HASH}", "names an address"),
        (f"a==1 {HASH}", "does not lock b"),
    ],
)
def test_unsound_lock_is_told(text: str, complaint: str) -> None:
    assert complaint in told(text, "a", "b")


def test_names_are_compared_as_the_index_does() -> None:
    assert asked_for("Foo_Bar[x]>=1  # why\n-r main.in\n\n# no\nbaz\n") == {"foo-bar", "baz"}


def test_versions_that_tests_do_not_run_with_are_told() -> None:
    other = Lock("dev.txt", GOOD.replace("1.2.3", "1.2.4"))
    assert disagreements(Lock("main.txt", GOOD), other) == ["fast-api: 1.2.3 in main.txt, 1.2.4 in dev.txt"]


def test_vulnerabilities_are_told_from_what_is_not_known() -> None:
    """The tool itself calls it a success when it could look up nothing."""
    answer = {
        "dependencies": [
            {"name": "good", "version": "1", "vulns": []},
            {"name": "bad", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"], "aliases": []}]},
            {"name": "worse", "version": "4", "vulns": [{"id": "PYSEC-2", "fix_versions": []}]},
            {"name": "strange", "skip_reason": "not found"},
        ],
        "fixes": [],
    }
    vulnerable, unknown = verdicts(json.dumps(answer))
    assert vulnerable == ["bad 2: PYSEC-1, mended in 3", "worse 4: PYSEC-2, mended in no version"]
    assert unknown == ["strange"]


@pytest.mark.parametrize("told", ["", "Traceback", "[]", "{}"])
def test_no_answer_is_no_verdict(told: str) -> None:
    with pytest.raises(ValueError, match=r"no answer|Expecting value"):
        verdicts(told)
