"""Looks at a server before anything is sent: what it says that it can do, which way of writing follows, what is missing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from kapfhir.errors import ConfigError, RefusedError
from kapfhir.server.client import Client
from kapfhir.server.known import find_public

Level = Literal["ok", "warning", "error"]
TYPES = (
    "Organization", "Location", "Practitioner", "PractitionerRole", "Patient", "Condition", "EpisodeOfCare", "CarePlan",
    "Encounter", "Procedure", "MedicationAdministration", "Observation", "QuestionnaireResponse", "AdverseEvent",
)  # fmt: skip
SKEW_S = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a server; an error means that a sync would not work."""

    level: Level
    name: str
    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.level:<8}{self.name:<12}{self.text}" + (f"; {self.hint}" if self.hint else "")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def doctor(client: Client, types: Iterable[str] = TYPES) -> list[Finding]:
    """What there is to know of a server. Writes nothing. Raises ConfigError for what is no R4 server, and the ServerErrors."""
    types = tuple(types)
    said = client.capability
    out = [Finding("ok", "server", f"{said.software}, FHIR {said.fhir_version}, at {client.base}")]
    out += _connection(client)
    system = ", ".join(sorted(said.interactions)) or "nothing"
    out.append(Finding("ok", "says", f"of the whole system: {system}; {len(said.types)} types of resources"))
    out += _strategy(client, types)
    lacking = [name for name in types if not said.takes(name)]
    if lacking:
        out.append(
            Finding("warning", "types", f"the server takes no {', '.join(lacking)}", "what needs them is told and not sent")
        )
    else:
        out.append(Finding("ok", "types", f"the server takes all {len(types)} types that a clinic's record needs"))
    unfound = [name for name in types if said.takes(name) and not said.finds_by_identifier(name)]
    if unfound:
        out.append(Finding("ok", "search", f"no search by identifier for {', '.join(unfound)}: known by id, or by a tag of ours"))
    return [*out, *_answers(client), *_notes(client)]


def _connection(client: Client) -> Iterable[Finding]:
    parts = urlsplit(client.base)
    host = parts.hostname or ""
    if parts.scheme == "http" and not _is_local(host):
        yield Finding("warning", "connection", "records go over it unencrypted (http)", "use https for real data")


def _strategy(client: Client, types: tuple[str, ...]) -> Iterable[Finding]:
    ways = {"ids": "PUT Type/id, in transactions", "conditional": "conditional update, in transactions"}
    try:
        chosen = client.strategy(types)
    except ConfigError as error:
        yield Finding("error", "strategy", error.text, error.hint)
        return
    yield Finding("ok", "strategy", f"{ways[chosen.kind]}: {'; '.join(chosen.reasons)}")


def _answers(client: Client) -> Iterable[Finding]:
    """Whether it answers a search, and whether its clock is right."""
    try:
        answer = client.http.request("GET", "Patient?_summary=count", headers={"Cache-Control": "no-cache"})
    except RefusedError as error:
        yield Finding("warning", "search", error.text, "a run with a fresh ledger needs to search")
        return
    yield Finding("ok", "search", f"answers; p50 {client.meter.percentile(50) * 1000:.0f} ms so far")
    try:
        when = parsedate_to_datetime(answer.headers.get("Date", ""))
        skew = abs((when - client.http.clock.now()).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return
    if skew > SKEW_S:
        yield Finding("warning", "clock", f"its clock and ours are {skew:.0f} s apart", "set the clock that is wrong")


def _notes(client: Client) -> Iterable[Finding]:
    public = find_public(client.base)
    if public:
        yield Finding("warning", "public", "anybody reads what is written there", "it gets only data marked as synthetic")
        for note in public.notes:
            yield Finding("ok", "note", note)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
