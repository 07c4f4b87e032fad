"""Sessions are dropped by signing out and by not being used; a token shows in no repr."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from gladly_tools.account import Account, read_credentials
from gladly_tools.api import Client
from gladly_tools.errors import TryLaterError
from gladly_tools.settings import Settings
from gladly_tools.web.vault import Session, Vault

ACCOUNT = Account(instance="x", username="ann", organization_id="o", organization="X", zone="UTC", url="")


def session() -> Session:
    credentials = read_credentials("acme.gladly.com", "ann@x.test", "a-secret-token", Settings())
    return Session(account=ACCOUNT, client=Client(credentials, Settings()))


def vault_of(
    *, most: int = 100, clock: Callable[[], float] = time.monotonic, retire: Callable[[Session], None] = lambda _: None
) -> Vault:
    return Vault(hours=1, most=most, retire=retire, clock=clock)


def test_a_session_lasts_while_it_is_used_and_ends_when_it_is_not() -> None:
    now = [0.0]
    vault = vault_of(clock=lambda: now[0])
    vault.put("sid", session())
    now[0] += 3000
    assert vault.get("sid") is not None
    now[0] += 3000
    assert vault.get("sid") is not None, "using it made it young again"
    now[0] += 3601
    assert vault.get("sid") is None


def test_signing_out_drops_the_session_alone() -> None:
    vault = vault_of()
    vault.put("one", session())
    vault.put("two", session())
    assert vault.drop("one") is not None
    assert vault.get("one") is None
    assert vault.get("two") is not None
    assert vault.drop("one") is None


def test_the_token_shows_in_no_repr() -> None:
    held = session()
    assert "a-secret-token" not in repr(held)
    assert "a-secret-token" not in repr(held.client.credentials)
    assert "a-secret-token" not in str(vars(held.client.credentials.instance))


def test_a_full_vault_takes_nobody_until_somebody_has_left_and_keeps_everybody_signed_in() -> None:
    now = [0.0]
    vault = vault_of(most=2, clock=lambda: now[0])
    vault.put("one", session())
    two = session()
    assert vault.put("two", two) is None
    with pytest.raises(TryLaterError, match="As many people"):
        vault.put("three", session())
    assert vault.put("two", session()) is two, "the same browser again is nobody new"
    assert vault.get("one") is not None
    vault.drop("one")
    vault.put("three", session())
    now[0] += 3601
    vault.put("four", session())
    assert vault.get("three") is None


@pytest.mark.parametrize(
    "visit",
    [
        lambda vault: vault.get("another"),
        lambda vault: vault.put("another", session()),
        lambda vault: vault.drop_old(),
    ],
    ids=["somebody is asked for", "somebody signs in", "a sweep"],
)
def test_a_session_that_was_not_used_is_retired_once_and_by_whoever_comes_next(visit: Callable[[Vault], None]) -> None:
    now = [0.0]
    retired: list[Session] = []

    def retire(old: Session) -> None:
        assert vault.get("old") is None, "the vault is open while somebody is retired"
        retired.append(old)

    vault = vault_of(clock=lambda: now[0], retire=retire)
    old, young = session(), session()
    vault.put("old", old)
    now[0] += 3000
    vault.put("young", young)
    now[0] += 3000
    visit(vault)
    visit(vault)
    assert [id(one) for one in retired] == [id(old)]
    assert vault.get("young") is young


def test_whoever_signs_out_is_not_retired_by_the_vault_as_well() -> None:
    now = [0.0]
    retired: list[Session] = []
    vault = vault_of(clock=lambda: now[0], retire=retired.append)
    vault.put("sid", session())
    vault.drop("sid")
    now[0] += 3601
    vault.drop_old()
    assert retired == []
