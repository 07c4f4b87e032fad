"""Which host credentials may be sent to: the one place where a Gladly URL is read."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from gladly_tools.errors import HostError

_FIELD = "url"
_DOMAINS = ("gladly.com", "gladly.qa")
_NOT_INSTANCES = frozenset({"www", "help", "developer"})
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DEFAULT_PORTS = {"https": 443, "http": 80}
_EXAMPLE = "Enter your instance's own address, such as us-1.gladly.com or acme.gladly.com."


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One Gladly host that was found fit to receive credentials."""

    scheme: str
    host: str
    port: int | None

    @property
    def name(self) -> str:
        """`host` or `host:port`, as people read it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """Scheme and host, with no slash at the end."""
        return f"{self.scheme}://{self.name}"

    @property
    def is_loopback(self) -> bool:
        """True for this very machine."""
        return _is_loopback(self.host)


@dataclass(frozen=True, kw_only=True)
class _Address:
    scheme: str  # "" when none was written
    host: str
    port: int | None


def read_instance(text: str, allowed_hosts: Iterable[str] = ()) -> Instance:
    """Read what a person gave as their Gladly URL.

    Path, query, capitals, surrounding spaces and one final dot do not matter, and `http://` becomes `https://`.
    `allowed_hosts` adds exact `host[:port]` entries; plain HTTP is for loopback alone. Raises HostError.
    """
    address = _address(text)
    if _is_allowed(address, allowed_hosts):
        if _is_loopback(address.host):
            return _instance(address.scheme or "http", address)
        return _instance("https", address)
    return _gladly(address)


def _gladly(address: _Address) -> Instance:
    host = address.host
    if _ip(host) is not None or _is_loopback(host):
        raise _refusal(f"{host} is not a Gladly address.")
    if host in _DOMAINS:
        raise _refusal(f"{host} is Gladly's own web site, not an instance.")
    domain = next((domain for domain in _DOMAINS if host.endswith("." + domain)), None)
    if domain is None:
        raise _refusal("The address does not end in .gladly.com or .gladly.qa.")
    if host.removesuffix("." + domain) in _NOT_INSTANCES:
        raise _refusal(f"{host} is a web site for reading, not an instance.")
    if address.port not in (None, 443) and not (address.scheme == "http" and address.port == 80):
        raise HostError(
            f"Gladly does not answer on port {address.port}.", "Leave the port out of the address.", field=_FIELD
        )
    return Instance(scheme="https", host=host, port=None)


def _address(text: str) -> _Address:
    text = text.strip()
    if not text:
        raise HostError("The Gladly URL is missing.", _EXAMPLE, field=_FIELD)
    if len(text) > 2000 or "\\" in text or any(not character.isprintable() or character == " " for character in text):
        raise _refusal("The Gladly URL holds characters that an address cannot have.")
    scheme, marker, _ = text.partition("://")
    if marker and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        scheme = scheme.lower()
        if scheme not in _DEFAULT_PORTS:
            raise HostError("The Gladly URL must begin with https://.", _EXAMPLE, field=_FIELD)
    else:
        scheme, text = "", "//" + text
    try:
        parts = urlsplit(text)
        host, port, user_info = parts.hostname or "", parts.port, "@" in parts.netloc
    except ValueError:
        raise _refusal("The Gladly URL cannot be read as an address.") from None
    if user_info:
        raise HostError(
            "The Gladly URL holds a user name or an e-mail address.",
            f"The e-mail address has a field of its own. {_EXAMPLE}",
            field=_FIELD,
        )
    if port == 0 or parts.netloc.endswith(":"):
        raise _refusal("The port in the Gladly URL cannot be read.")
    host = host.lower().removesuffix(".")
    if not host.isascii():
        raise _refusal("The Gladly URL holds letters that only look like Latin ones, or are not Latin.")
    if _ip(host) is None and not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise _refusal("The Gladly URL cannot be read as an address.")
    return _Address(scheme=scheme, host=host, port=port)


def _is_allowed(address: _Address, allowed_hosts: Iterable[str]) -> bool:
    if not _is_loopback(address.host):
        schemes = ["https", "http"] if address.scheme == "http" else ["https"]
    else:
        schemes = [address.scheme or "http"]
    own_ports = {_DEFAULT_PORTS[scheme] for scheme in schemes}
    for entry in allowed_hosts:
        allowed = _address(entry.partition("://")[2] or entry)
        if allowed.host == address.host and (
            allowed.port == address.port
            or (allowed.port is None and address.port in own_ports)
            or (address.port is None and allowed.port == _DEFAULT_PORTS[schemes[0]])
        ):
            return True
    return False


def _instance(scheme: str, address: _Address) -> Instance:
    port = None if address.port == _DEFAULT_PORTS[scheme] else address.port
    if scheme == "https" and address.scheme == "http" and port == 80:
        port = None  # the written address meant plain HTTP's own port, which is never spoken here
    return Instance(scheme=scheme, host=address.host, port=port)


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _ip(host)
    return host == "localhost" if address is None else address.is_loopback


def _refusal(what: str) -> HostError:
    return HostError(what, _EXAMPLE, field=_FIELD)
