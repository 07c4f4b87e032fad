"""Who the command line works for: credentials come from the environment, never from options."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from gladly_tools.account import Account, confirm, read_credentials
from gladly_tools.api import Client
from gladly_tools.errors import InputError
from gladly_tools.settings import Settings

CREDENTIALS = {"url": "GLADLY_URL", "username": "GLADLY_USERNAME", "api_token": "GLADLY_API_TOKEN"}
"""The variable of each part of the credentials."""


@contextmanager
def signed_in(settings: Settings) -> Iterator[tuple[Client, Account]]:
    """The client and the account of the environment. Raises InputError, SignInError, TryLaterError."""
    missing = [variable for variable in CREDENTIALS.values() if not os.environ.get(variable, "").strip()]
    if missing:
        raise InputError(
            f"{', '.join(missing)} not set.",
            "Set GLADLY_URL, GLADLY_USERNAME and GLADLY_API_TOKEN in the environment, "
            "or run `gladly-tools demo` and use what it prints.",
        )
    given = {name: os.environ[variable] for name, variable in CREDENTIALS.items()}
    credentials = read_credentials(**given, settings=settings)
    with Client(credentials, settings) as client:
        yield client, confirm(client, instance=credentials.instance.name)
