"""The client of Gladly's REST API: sign-in, pacing, retries, errors, one thin module a resource."""

from __future__ import annotations

from gladly_tools.api.agents import Agent
from gladly_tools.api.answers import Answer, AnswerContent, PublicAnswer
from gladly_tools.api.attributes import Attribute
from gladly_tools.api.audiences import Audience
from gladly_tools.api.client import Client
from gladly_tools.api.conversations import AttributeValue, Conversation, Paragraph
from gladly_tools.api.customers import Customer, Email, Phone
from gladly_tools.api.events import Event, Events
from gladly_tools.api.export_jobs import Downloaded, ExportJob
from gladly_tools.api.host import Instance, read_instance
from gladly_tools.api.inboxes import Inbox
from gladly_tools.api.ivr import Audio, Ivr, Prompt
from gladly_tools.api.listing import Listing
from gladly_tools.api.organization import Organization
from gladly_tools.api.report import Report
from gladly_tools.api.tasks import Task
from gladly_tools.api.topics import Topic
from gladly_tools.api.transport import Credentials
from gladly_tools.api.watch import Impatient, Patient, Watch
from gladly_tools.api.windows import ReportPart, Window, windows

__all__ = [
    "Agent",
    "Answer",
    "AnswerContent",
    "Attribute",
    "AttributeValue",
    "Audience",
    "Audio",
    "Client",
    "Conversation",
    "Credentials",
    "Customer",
    "Downloaded",
    "Email",
    "Event",
    "Events",
    "ExportJob",
    "Impatient",
    "Inbox",
    "Instance",
    "Ivr",
    "Listing",
    "Organization",
    "Paragraph",
    "Patient",
    "Phone",
    "Prompt",
    "PublicAnswer",
    "Report",
    "ReportPart",
    "Task",
    "Topic",
    "Watch",
    "Window",
    "read_instance",
    "windows",
]
