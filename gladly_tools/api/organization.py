"""The organization behind a Gladly URL."""

from __future__ import annotations

from dataclasses import dataclass

from gladly_tools.api.asking import Asking
from gladly_tools.api.reading import an_object, identity, text

PATH = "/api/v1/organization"


@dataclass(frozen=True, kw_only=True)
class Organization:
    """One organization; `timezone` is an IANA name."""

    id: str
    name: str | None
    login_domain: str | None
    timezone: str | None
    url: str | None


class OrganizationCalls(Asking):
    """`client.organization`"""

    def get(self) -> Organization:
        """The organization that the credentials belong to; the cheapest check of credentials."""
        value = an_object(self._get(PATH), PATH)
        return Organization(
            id=identity(value),
            name=text(value, "name"),
            login_domain=text(value, "loginDomain"),
            timezone=text(value, "timezone"),
            url=text(value, "gladlyUrl"),
        )
