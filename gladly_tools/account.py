"""Who somebody is: an account that Gladly confirmed. Jobs, results and look-ups belong to one."""

from __future__ import annotations

from dataclasses import dataclass

from gladly_tools.api import Client, Credentials, read_instance
from gladly_tools.errors import InputError
from gladly_tools.settings import Settings

DEMO_INSTANCE = "demo company"


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account of one organization. `zone` is the organization's IANA time zone.

    A host alone does not tell the organization: several may share one, and the credentials choose.
    """

    instance: str
    username: str
    organization_id: str
    organization: str
    zone: str
    url: str

    @property
    def owner(self) -> str:
        """The key under which everything of this account is kept."""
        return f"{self.username.strip().lower()} at {self.organization_id} on {self.instance}"

    @property
    def demo(self) -> bool:
        """True for the embedded demo company."""
        return self.instance == DEMO_INSTANCE


def read_credentials(url: str, username: str, api_token: str, settings: Settings) -> Credentials:
    """Credentials as typed, trimmed. Raises InputError with `field` `username`, `api_token` or `url`."""
    if not username.strip():
        raise InputError("The username is missing.", "Enter the e-mail address you use in Gladly.", field="username")
    if not api_token.strip():
        raise InputError(
            "The API token is missing.", "Create one in Gladly under Settings > API Tokens.", field="api_token"
        )
    return Credentials(
        instance=read_instance(url, settings.allowed_hosts), username=username.strip(), api_token=api_token.strip()
    )


def confirm(client: Client, *, instance: str) -> Account:
    """Ask Gladly who this is. Raises SignInError, TryLaterError or UnexpectedAnswer with words for the person."""
    organization = client.organization.get()
    return Account(
        instance=instance,
        username=client.credentials.username,
        organization_id=organization.id,
        organization=organization.name or instance,
        zone=organization.timezone or "UTC",
        url=organization.url or "",
    )
