"""Every answer that can be found, with its contents, one row per answer and language.

Gladly publishes no list of all answers. Ids come from the unpublished list where the organization's API has it, else
from the public list of each language and audience and from the usage report; ids that the person gives are added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gladly_tools import clock
from gladly_tools.api import Answer, AnswerContent, Client
from gladly_tools.errors import InputError, NotFoundError, PermissionsError, RequestRefused, UnexpectedAnswer
from gladly_tools.exports.export import Export, Plan, Remark, Section, Slice, Workbench
from gladly_tools.exports.inputs import IdsQuestion, JsonValue, LanguagesQuestion, Parameters, ask
from gladly_tools.results.schema import Column, Kind, Row
from gladly_tools.settings import Settings

USAGE_REPORT_DAYS = 28
ANSWERS_PER_SLICE = 25
CONTENT_TYPES = ("email", "messaging", "public", "reference")

COLUMNS = (
    Column(name="Description", help="Description shown to agents, if any"),
    Column(name="Id", kind=Kind.ID, help="Unique id of the answer"),
    Column(name="Title", help="Display name of the answer"),
    Column(name="Response Content - Email", help="E-mail response, HTML"),
    Column(name="Response Content - Messaging", help="Messaging (chat, SMS) response, HTML"),
    Column(name="Response Content - Public", help="Public (Help Center) response, HTML"),
    Column(name="Response Title - Public", help="Public title"),
    Column(name="Info Content", help="Additional content for internal use, HTML"),
    Column(name="Internal", kind=Kind.BOOLEAN, help="True when the info content is internal only"),
    Column(name="Email Subject", help="Default e-mail subject"),
    Column(name="Language", kind=Kind.CHOICE, help="Language code of the row, empty for an answer without content"),
    Column(name="Audiences", help="Audience names, comma-separated"),
)


@dataclass(frozen=True, kw_only=True)
class AnswersParameters(Parameters):
    """Which languages to read, and ids to read besides the ones found."""

    languages: tuple[str, ...] = ask(
        LanguagesQuestion(
            label="Languages",
            help="Language codes as your organization uses them, such as en-us or es-419.",
            option="language",
            empty_means="default languages",
        ),
        default=(),
    )
    answer_ids: tuple[str, ...] = ask(
        IdsQuestion(
            label="More answer IDs",
            help="Answers that the lists do not show, such as those without public content. One id a line.",
            of="answers",
            option="answer-id",
            empty_means="",
        ),
        default=(),
    )


def plan(client: Client, settings: Settings, parameters: AnswersParameters) -> Plan:
    """Gather the answer ids and cut them into slices. Raises InputError for a language that is not configured."""
    languages = parameters.languages or settings.answer_languages
    ids, remarks = _found(client, languages)
    given = [answer_id for answer_id in parameters.answer_ids if answer_id not in ids]
    if given:
        remarks.append(Remark(text="Answer IDs added by hand", count=len(given)))
    every = [*ids, *given]
    if every:
        _check_languages(client, every[0], languages)
    chunks = [every[start : start + ANSWERS_PER_SLICE] for start in range(0, len(every), ANSWERS_PER_SLICE)]
    slices = tuple(
        Slice(
            key=f"{number:05}",
            title=f"answers {(first := number * ANSWERS_PER_SLICE) + 1} to {first + len(chunk)} of {len(every)}",
            arguments={"ids": chunk, "languages": list(languages)},
        )
        for number, chunk in enumerate(chunks)
    )
    return Plan(slices=slices, remarks=tuple(remarks))


def _found(client: Client, languages: tuple[str, ...]) -> tuple[list[str], list[Remark]]:
    listed = client.answers.list_all()
    if listed is not None:
        ids = list(dict.fromkeys(answer.id for answer in listed))
        return ids, [Remark(text="Answers found in the list of all answers (an unpublished address)", count=len(ids))]
    public, remarks = _public(client, languages)
    used, trouble = _used(client)
    remarks += trouble
    remarks.append(
        Remark(
            text=f"Answers known only from the usage report of the last {USAGE_REPORT_DAYS} days",
            count=len([answer_id for answer_id in used if answer_id not in public]),
        )
    )
    remarks.append(
        Remark(
            text="The list of all answers is not published for this organization: answers without public content that "
            "were not used lately may be missing; add their IDs by hand",
            partial=True,
        )
    )
    return list(dict.fromkeys([*public, *used])), remarks


def _public(client: Client, languages: tuple[str, ...]) -> tuple[list[str], list[Remark]]:
    organization = client.organization.get()
    audiences: list[str | None] = [None, *(audience.id for audience in client.audiences.list())]
    ids: dict[str, None] = {}
    full: set[str] = set()
    for language in languages:
        for audience in audiences:
            answers = client.answers.list_public(organization.id, language, audience)
            ids.update(dict.fromkeys(answer.id for answer in answers))
            if len(answers) >= client.answers.PUBLIC_LIST_CAP and audience is not None:
                full.add(f"{language}, audience {audience}")
    remarks = [Remark(text="Answers found in the public lists, by language and audience", count=len(ids))]
    if full:
        remarks.append(
            Remark(
                text=f"Public lists that are full at {client.answers.PUBLIC_LIST_CAP} answers, so later names are "
                f"missing ({'; '.join(sorted(full))})",
                count=len(full),
                partial=True,
            )
        )
    return list(ids), remarks


def _used(client: Client) -> tuple[list[str], list[Remark]]:
    """Ids in the usage report, whose columns are not documented; what it could not tell is remarked."""
    today = clock.now().date()
    found: dict[str, None] = {}
    remarks: list[Remark] = []
    first = today - timedelta(days=USAGE_REPORT_DAYS - 1)
    try:
        for part in client.reports.complete("AnswerUsageReport", first, today, "UTC"):
            with part.report as report:
                if part.cut:
                    remarks.append(Remark(text=part.cut, partial=True))
                names = [name.strip().lower() for name in report.columns]
                if "answer id" in names:
                    place = names.index("answer id")
                    found.update(dict.fromkeys(cells[place] for cells in report.rows() if cells[place]))
                elif report.row_count:
                    remarks.append(
                        Remark(text="The answer usage report names no answer IDs, so it told nothing", partial=True)
                    )
    except (RequestRefused, PermissionsError, UnexpectedAnswer) as error:
        remarks.append(Remark(text=f"The answer usage report could not be read: {error.what}", partial=True))
    return list(found), remarks


def _check_languages(client: Client, answer_id: str, languages: tuple[str, ...]) -> None:
    for language in languages:
        try:
            client.answers.content(answer_id, language, "public")
        except RequestRefused as refusal:
            if refusal.attr == "language":
                raise InputError(
                    f"The language {language} is not configured for this organization.",
                    "Use codes of languages that it has, such as en-us.",
                    field="languages",
                ) from refusal
            raise


def rows(workbench: Workbench, _parameters: AnswersParameters, slice: Slice) -> Iterator[Row]:
    """The slice's answers in order, each with a row for every language that has any content."""
    names = {audience.id: audience.name or audience.id for audience in workbench.client.audiences.list()}
    languages: list[str] = slice.arguments["languages"]  # type: ignore[assignment]  # as planned above
    ids: list[str] = slice.arguments["ids"]  # type: ignore[assignment]  # as planned above

    def read(answer_id: str) -> tuple[Answer, list[dict[str, AnswerContent]]] | None:
        try:
            answer = workbench.client.answers.get(answer_id)
        except NotFoundError:
            return None
        return answer, [_contents(workbench.client, answer_id, language) for language in languages]

    missing: list[str] = []
    for number, (answer_id, found) in enumerate(zip(ids, workbench.client.each(read, ids), strict=True), start=1):
        if found is None:
            missing.append(answer_id)
        else:
            yield from shape(*found, names)
        workbench.progress(number / len(ids), f"{number} of {len(ids)} answers")
    if missing:
        workbench.remark(
            f"Answer IDs that Gladly does not know ({', '.join(missing)})", count=len(missing), partial=True
        )


def _contents(client: Client, answer_id: str, language: str) -> dict[str, AnswerContent]:
    """The contents of one answer in one language, by type; a type without content is left out."""
    found = {kind: client.answers.content(answer_id, language, kind) for kind in CONTENT_TYPES}
    return {kind: content for kind, content in found.items() if content is not None}


def shape(answer: Answer, contents: list[dict[str, AnswerContent]], audience_names: Mapping[str, str]) -> Iterator[Row]:
    """One row per language with content; an answer without any keeps one row with no language."""
    whole: Row = {
        "Description": answer.description,
        "Id": answer.id,
        "Title": answer.name,
        "Audiences": ",".join(audience_names.get(audience, audience) for audience in answer.audience_ids),
    }
    filled = [by_type for by_type in contents if by_type]
    if not filled:
        yield whole
    for by_type in filled:
        email, messaging = by_type.get("email"), by_type.get("messaging")
        public, reference = by_type.get("public"), by_type.get("reference")
        yield {
            **whole,
            "Response Content - Email": None if email is None else email.body_html,
            "Response Content - Messaging": None if messaging is None else messaging.body_html,
            "Response Content - Public": None if public is None else public.body_html,
            "Response Title - Public": None if public is None else public.title,
            "Info Content": None if reference is None else reference.body_html,
            "Internal": None if reference is None else reference.internal,
            "Email Subject": None if email is None else email.subject,
            "Language": next(iter(by_type.values())).language,
        }


def snapshot(parameters: AnswersParameters, settings: Settings) -> Mapping[str, JsonValue]:
    """The languages that are read, and the answers that no list shows, whatever their order."""
    return {
        "languages": sorted(set(parameters.languages or settings.answer_languages)),
        "answer_ids": sorted(set(parameters.answer_ids)),
    }


EXPORT = Export(
    name="answers",
    title="Export Answers",
    section=Section.CONFIGURATION,
    place=3,
    summary="Every answer that can be found, with its content for each channel.",
    use_case="Audit answers for accuracy, review content across channels, export for translation.",
    grain="one row per answer and language",
    columns=COLUMNS,
    parameters=AnswersParameters,
    plan=plan,
    rows=rows,
    snapshot=snapshot,
    caveat="Gladly publishes no list of all answers. Where this organization does not offer one, answers are gathered "
    "from the public lists and the usage report, and answers without public content may be missing. "
    "The result says which sources were used.",
)
