"""Why Gladly refused a change. Three refusals to close share one code and differ in their English words alone.

This is the one place that reads such words (their exact text is unconfirmed). What can be decided from a state that was
read is decided there; a refusal that is not recognized stays a failure with Gladly's own words.
"""

from __future__ import annotations

from enum import StrEnum

from gladly_tools.errors import RequestRefused


class Why(StrEnum):
    """The refusals that somebody can do something about."""

    WAITING = "the customer is waiting"
    TOPIC_REQUIRED = "a topic is required"
    ASSIGNEE = "the assignee is refused"
    OTHER = "another reason"


def why(refused: RequestRefused) -> Why:
    """The reason of a refusal, as far as it can be told."""
    if refused.attr.startswith("assignee"):
        return Why.ASSIGNEE
    if refused.code != "invalid_state":
        return Why.OTHER
    words = refused.what.lower()
    if "topic" in words:
        return Why.TOPIC_REQUIRED
    if "waiting" in words:
        return Why.WAITING
    return Why.OTHER


def cause(refused: RequestRefused) -> str:
    """What failures of one kind have in common."""
    return f"refused: {refused.code} {refused.attr} {why(refused)}"
