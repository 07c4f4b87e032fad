"""Close conversations, with a topic if one is chosen. The assignee is never sent: a stale one cannot be in the way."""

from __future__ import annotations

from gladly_tools.api import Client, Conversation
from gladly_tools.bulk.action import Action, Before, Bench, Choices, Outcome, Status, Target
from gladly_tools.bulk.refusals import Why, cause, why
from gladly_tools.bulk.sending import carry_out, patiently
from gladly_tools.errors import (
    FateUnknown,
    NotFoundError,
    RequestRefused,
    TryLaterError,
    UnexpectedAnswer,
)

CLOSED, WAITING = "CLOSED", "WAITING"
IS_WAITING = "The customer is waiting for an answer; closed only if you choose so."

NO_TOPIC = "No topic, and none chosen: refused where one is required."


def plan(bench: Bench, target: Target, choices: Choices) -> Outcome:
    """What closing would do, read and not tried. Whether a topic is required, Gladly says only when it refuses."""
    found = _read(bench, target)
    if found is None:
        return Outcome(status=Status.NOT_FOUND)
    before = before_of(found, choices)
    if found.status == CLOSED:
        return Outcome(status=Status.ALREADY_CLOSED, before=before)
    if found.status == WAITING and not choices.force:
        return Outcome(status=Status.NEEDS_FORCE, before=before, error=IS_WAITING)
    if not found.topic_ids and choices.topic_id is None:
        return Outcome(status=Status.NEEDS_TOPIC, before=before, error=NO_TOPIC)
    return Outcome(status=Status.WILL_CLOSE, before=before)


def apply(bench: Bench, target: Target, choices: Choices) -> Outcome:
    """Close one conversation."""
    found = _read(bench, target)
    if found is None:
        return Outcome(status=Status.NOT_FOUND, before=bench.earlier)
    before = bench.earlier or before_of(found, choices)
    added = _topic_added(found, before, choices)
    if found.status == CLOSED:
        # Begun by an earlier attempt and closed now: its last request arrived. Without the topic it never got so far.
        by_us = bench.earlier is not None and (choices.topic_id is None or choices.topic_id in found.topic_ids)
        return Outcome(status=Status.CLOSED if by_us else Status.ALREADY_CLOSED, before=before, topic_added=added)
    if found.status == WAITING and not choices.force:
        return Outcome(status=Status.SKIPPED, before=before, error=IS_WAITING, topic_added=added)
    client = bench.begin(before)
    try:
        if choices.topic_id is not None and choices.topic_id not in found.topic_ids:
            _add_topic(client, bench, target, choices.topic_id)
            added = True
        carry_out(
            lambda: client.conversations.close(target.id, force=choices.force),
            lambda: _status(client, target) == CLOSED,
            bench.pause,
        )
    except RequestRefused as refused:
        return _refused(client, bench, target, choices, before, refused, added)
    except NotFoundError:
        return Outcome(status=Status.NOT_FOUND, before=before, topic_added=added)
    except FateUnknown:
        raise
    except (TryLaterError, UnexpectedAnswer) as error:
        return Outcome(
            status=Status.FAILED, before=before, error=str(error), topic_added=added, cause=type(error).__name__
        )
    return Outcome(status=Status.CLOSED, before=before, topic_added=added)


def before_of(found: Conversation, choices: Choices) -> Before:
    """What is kept of a conversation before it is changed."""
    return Before(
        status=found.status,
        agent_id=found.agent_id,
        inbox_id=found.inbox_id,
        had_topic=choices.topic_id in found.topic_ids,
    )


def _read(bench: Bench, target: Target) -> Conversation | None:
    return patiently(lambda: bench.client.conversations.get(target.id), bench.pause)


def _status(client: Client, target: Target) -> str | None:
    found = client.conversations.get(target.id)
    return None if found is None else found.status


def _topic_added(found: Conversation, before: Before, choices: Choices) -> bool | None:
    if choices.topic_id is None:
        return None
    return choices.topic_id in found.topic_ids and not before.had_topic


def _add_topic(client: Client, bench: Bench, target: Target, topic_id: str) -> None:
    def is_there() -> bool:
        found = client.conversations.get(target.id)
        return found is not None and topic_id in found.topic_ids

    carry_out(lambda: client.conversations.add_topics(target.id, [topic_id]), is_there, bench.pause)


def _refused(
    client: Client,
    bench: Bench,
    target: Target,
    choices: Choices,
    before: Before,
    refused: RequestRefused,
    added: bool | None,
) -> Outcome:
    """Somebody may have been quicker: what the conversation is now says more than the words of the refusal."""
    status = patiently(lambda: _status(client, target), bench.pause)
    if status == CLOSED:
        return Outcome(status=Status.ALREADY_CLOSED, before=before, topic_added=added)
    if status == WAITING and not choices.force:
        return Outcome(status=Status.SKIPPED, before=before, error=IS_WAITING, topic_added=added)
    advice = "Choose a topic for these and retry." if why(refused) is Why.TOPIC_REQUIRED else refused.advice
    return Outcome(
        status=Status.FAILED,
        before=before,
        error=f"{refused.what} {advice}".strip(),
        topic_added=added,
        cause=cause(refused),
    )


CLOSE_CONVERSATIONS = Action(
    name="close-conversations",
    title="Close Conversations",
    summary="Close every conversation of a list, with a topic added first if you choose one.",
    noun="conversation",
    verb="close",
    column="conversationId",
    aim=Status.WILL_CLOSE,
    done=Status.CLOSED,
    plan=plan,
    apply=apply,
    requests=lambda choices: 2 if choices.topic_id is None else 3,
    takes_topic=True,
    takes_force=True,
    undo="reopen-conversations",
)
