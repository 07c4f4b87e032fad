"""Searches the files of an export: from one file's bytes to its matches, in one pass and in bounded memory.

Pure: no network, no job, no page. What goes in is paths or bytes and a frozen search; what comes out is a part of a
result.
"""

from gladly_tools.search.columns import NamesById, columns_of, item_row_of
from gladly_tools.search.contacts import Contact, ContactKind, parse_contact, parse_contacts, split_contacts
from gladly_tools.search.criteria import Criteria
from gladly_tools.search.customers import select_customers
from gladly_tools.search.ids import IdFile, read_ids
from gladly_tools.search.lines import Unreadable, UnreadableLine, chunks_of, unreadable_text
from gladly_tools.search.matching import ItemSearch
from gladly_tools.search.part import MATCH, ORIGINAL, Part, Take, Task, prepare, search_chunks, search_file
from gladly_tools.search.phrases import fold, parse_phrases, visible
from gladly_tools.search.records import AGENT_COLUMNS, CUSTOMER_COLUMNS, TOPIC_COLUMNS, RecordRows
from gladly_tools.search.scan import Batch, Progress, scan

__all__ = [
    "AGENT_COLUMNS",
    "CUSTOMER_COLUMNS",
    "MATCH",
    "ORIGINAL",
    "TOPIC_COLUMNS",
    "Batch",
    "Contact",
    "ContactKind",
    "Criteria",
    "IdFile",
    "ItemSearch",
    "NamesById",
    "Part",
    "Progress",
    "RecordRows",
    "Take",
    "Task",
    "Unreadable",
    "UnreadableLine",
    "chunks_of",
    "columns_of",
    "fold",
    "item_row_of",
    "parse_contact",
    "parse_contacts",
    "parse_phrases",
    "prepare",
    "read_ids",
    "scan",
    "search_chunks",
    "search_file",
    "select_customers",
    "split_contacts",
    "unreadable_text",
    "visible",
]
