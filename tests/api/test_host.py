"""Which addresses credentials may be sent to."""

from __future__ import annotations

import pytest

from gladly_tools.api import read_instance
from gladly_tools.errors import HostError
from tests.told import is_told


@pytest.mark.parametrize(
    ("text", "base_url"),
    [
        ("us-1.gladly.com", "https://us-1.gladly.com"),
        ("acme.us-1.gladly.com", "https://acme.us-1.gladly.com"),
        ("  https://ACME.Gladly.com/anything?x#y ", "https://acme.gladly.com"),
        ("acme.gladly.com.", "https://acme.gladly.com"),
        ("acme.gladly.com:443/inbox", "https://acme.gladly.com"),
        ("http://acme.gladly.com", "https://acme.gladly.com"),
        ("http://acme.gladly.com:80/", "https://acme.gladly.com"),
        ("HTTPS://us-uat.gladly.qa", "https://us-uat.gladly.qa"),
        ("https://acme.gladly.com/a@b", "https://acme.gladly.com"),
    ],
)
def test_a_gladly_address_in_any_form_becomes_its_https_host(text: str, base_url: str) -> None:
    assert read_instance(text, ()).base_url == base_url


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "gladly.com",
        "www.gladly.com",
        "help.gladly.com",
        "gladly.qa",
        "gladly.com.evil.test",
        "evilgladly.com",
        "acme.gladly.com.evil.test",
        "acme.gladly.com@evil.test",
        "https://acme.gladly.com:pass@evil.test/",
        "acme@evil.test",
        "x@acme.gladly.com",
        "https://evil.test/acme.gladly.com",
        "https://evil.test#.gladly.com",
        "https://evil.test?.gladly.com",
        "evil.test\\.gladly.com",
        "https://evil.test\\@acme.gladly.com",
        "acme.gladly.com:8443",
        "http://acme.gladly.com:443000",
        "acme.gladly.com:",
        "acme.gladly.com:0",
        "ftp://acme.gladly.com",
        "javascript:alert(1)",
        "//acme..gladly.com",
        "acme.gladly.com..",
        "-acme.gladly.com",
        "ac me.gladly.com",
        "acme\u3002gladly.com",
        "acme.gl\u0430dly.com",
        "acme.\uff47ladly.com",
        "acme%2egladly.com",
        "acme.gladly.com\r\nX: y",
        "127.0.0.1",
        "http://127.0.0.1:8000",
        "localhost:8000",
        "[::1]:8000",
        "10.0.0.1",
        "[::ffff:10.0.0.1]",
        "2130706433",
        "[acme.gladly.com]",
        "https://",
        "a" * 3000 + ".gladly.com",
    ],
)
def test_any_other_address_is_refused_with_words_for_the_url_field(text: str) -> None:
    with pytest.raises(HostError) as caught:
        read_instance(text, ())
    assert caught.value.field == "url"
    assert is_told(caught.value)


@pytest.mark.parametrize(
    ("text", "allowed", "base_url"),
    [
        ("localhost:8000", "localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:8000/x", "127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000", "http://[::1]:8000"),
        ("https://localhost:8443", "localhost:8443", "https://localhost:8443"),
        ("gate.example.org", "gate.example.org", "https://gate.example.org"),
        ("http://gate.example.org", "gate.example.org", "https://gate.example.org"),
        ("http://gate.example.org:9000", "gate.example.org:9000", "https://gate.example.org:9000"),
        ("gate.example.org:9000", "GATE.example.org:9000", "https://gate.example.org:9000"),
        ("https://10.0.0.1", "10.0.0.1", "https://10.0.0.1"),
        ("http://gate.example.org:80", "gate.example.org:80", "https://gate.example.org"),
        ("https://gate.example.org:80", "gate.example.org:80", "https://gate.example.org:80"),
    ],
)
def test_an_allowed_host_is_taken_and_spoken_to_in_clear_only_on_this_machine(
    text: str, allowed: str, base_url: str
) -> None:
    assert read_instance(text, (allowed,)).base_url == base_url


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("localhost:8001", "localhost:8000"),
        ("sub.gate.example.org", "gate.example.org"),
        ("gate.example.org:9001", "gate.example.org"),
        ("gate.example.org", "gate.example.org:9000"),
        ("gate.example.org.evil.test", "gate.example.org"),
        ("127.0.0.2:8000", "127.0.0.1:8000"),
    ],
)
def test_an_allowed_host_allows_exactly_itself(text: str, allowed: str) -> None:
    with pytest.raises(HostError) as caught:
        read_instance(text, (allowed,))
    assert is_told(caught.value)


def test_the_name_people_read_has_the_port() -> None:
    assert read_instance("http://[::1]:8000", ("[::1]:8000",)).name == "[::1]:8000"
    assert read_instance("https://acme.gladly.com/x", ()).name == "acme.gladly.com"
