"""A made-up company behind a strict, Gladly-compatible HTTP server: for trying the tools, and for tests.

Imports nothing of the client side: two sides that share one mistake agree with each other.
"""

from __future__ import annotations

from gladly_tools.demo.changes import Rules
from gladly_tools.demo.company import Account, Company
from gladly_tools.demo.faults import Faults
from gladly_tools.demo.former import a_month_ago
from gladly_tools.demo.limits import Limits, Pressure
from gladly_tools.demo.reports import COLUMNS
from gladly_tools.demo.server import DemoServer, RequestSeen

__all__ = [
    "COLUMNS",
    "Account",
    "Company",
    "DemoServer",
    "Faults",
    "Limits",
    "Pressure",
    "RequestSeen",
    "Rules",
    "a_month_ago",
]
