"""What the set-up says when something cannot be had."""

import pytest

from deploy.local import install
from deploy.local.errors import LocalError


def test_missing_package_is_named_where_apt_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LocalError, match="rabbitmq-server is needed as the broker: install it"):
        install._apt_install("rabbitmq-server", why="as the broker")


def test_ordinary_user_without_sudo_is_told_whom_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(LocalError, match="let an administrator install rabbitmq-server"):
        install._as_root("exit 1", "rabbitmq-server")
