"""The lines of `--json`, one object each. The last line of every call is the summary, also when it failed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ProblemLine(_Line):
    """One thing that is wrong, with its place. It never holds the value of a cell."""

    type: Literal["problem"]
    code: str = Field(description="docs/reference/problems.md lists all of them")
    severity: Literal["error", "warning", "information"]
    file: str = Field(description="a map's path, a table's name, or Type/id")
    line: int = Field(description="the line of the file, or the row on which the record starts (the header is 1); 0: the whole")
    column: str = Field(description="a column number, a column's name, or the path of an element")
    text: str
    hint: str
    place: str = Field(description="the line of the map that met it")
    effect: str = Field(description="what was lost by it")


class ActionLine(_Line):
    """What a plan says of one resource, and what came of it."""

    type: Literal["action"]
    sign: Literal["=", "+", "*", "-", "!"]
    action: Literal["unchanged", "create", "update", "retract", "refused"]
    resource: str = Field(description="Type/id")
    concept: str
    table: str = Field(description="of the first row of its record; empty if the export has none")
    row: int
    changed: list[str] = Field(description="the elements that differ")
    code: str
    reason: str


class StatusLine(_Line):
    """Something that a command did or found on its way."""

    type: Literal["status"]
    text: str


class FileLine(_Line):
    """A file that was written."""

    type: Literal["file"]
    path: str
    resource: str = Field(description="the type of the resources in it, if it is one")
    count: int = Field(description="how many resources, problems or lines it holds")


class UnusedLine(_Line):
    """A column that no map uses: a row of unused.csv."""

    type: Literal["unused"]
    table: str
    column: str
    count: int = Field(description="how many of its cells are not empty")


class ListLine(_Line):
    """A list of our codes."""

    type: Literal["list"]
    name: str
    count: int = Field(description="how many codes of ours it has")
    systems: list[str] = Field(description="the aliases of the systems that they are sent in")


class UnmappedLine(_Line):
    """A text of a coded column that its code table lacks. An empty text stands for those that are not shown."""

    type: Literal["unmapped"]
    file: str = Field(description="the code table of the source; empty where the line of the map names none")
    place: str = Field(description="the line of the map")
    table: str
    column: str
    text: str = Field(description="as it stands in the column; empty: `count` texts that are not shown")
    count: int = Field(description="in how many rows")
    row: int = Field(description="the first of them")
    meant: str = Field(description="the code of ours that has just this name, if one has: a proposal, and no more")


class CellLine(_Line):
    """Where one column of a row goes."""

    type: Literal["cell"]
    table: str
    row: int
    column: str
    field: str
    field_line: str = Field(description="file:line of the source map")
    element: str
    element_line: str = Field(description="file:line of the resource map")
    fate: str = Field(description="why it goes nowhere; empty where it goes to the element")
    value: str = Field(description="empty without --show-values")


class DeidentifiedLine(_Line):
    """What `deidentify` did to an element: a row of deidentification.csv."""

    type: Literal["deidentified"]
    path: str = Field(description="the path of the element, or the type of a resource that was withheld")
    action: str
    count: int


class FindingLine(_Line):
    """What `doctor` found."""

    type: Literal["finding"]
    level: Literal["ok", "warning", "error"] = Field(description="error: a sync would not work")
    name: str
    text: str
    hint: str


class RuleLine(_Line):
    """What a rule found in an export. It holds no value of the patient's, only the numbers of the rule."""

    type: Literal["rule"]
    rule: str = Field(description="docs/reference/rules.md lists all of them")
    severity: Literal["safety", "error", "warning", "info"]
    table: str
    row: int
    column: str = Field(description="where the reading of the row told it")
    patient: str = Field(description="Patient/id; empty where it is about no patient")
    text: str
    advice: str
    changed: bool = Field(description="true: the clinic's configuration says another level or other numbers")


class ReadyLine(_Line):
    """The sandbox answers."""

    type: Literal["ready"]
    url: str
    loaded: int


class SchemaLine(_Line):
    """A JSON Schema, where no folder was named for it."""

    type: Literal["schema"]
    name: str
    content: dict[str, Any]


class ErrorLine(_Line):
    """What stopped the command. The summary follows."""

    type: Literal["error"]
    error: str = Field(description="the class of the error")
    text: str
    hint: str
    exit: int


class FindingCounts(BaseModel):
    """How many findings there are, by severity."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    safety: int
    error: int
    warning: int
    info: int


class SummaryLine(_Line):
    """The end of every call."""

    type: Literal["summary"]
    command: str
    rows: int = Field(description="rows that were read from the tables, as far as they were read")
    records: int = Field(description="records that the rows made, those that are as last time among them")
    resources: int = Field(description="resources that the records made; checked ones for `validate`")
    create: int
    update: int
    unchanged: int
    retract: int = Field(description="gone from the source: reported, never applied")
    refused: int = Field(description="resources that the server, or a rule before it, refused")
    rejected: int = Field(description="records that their rows name and could not make")
    requests: int
    left_out: int = Field(description="rows, each once, that are in no record or in a rejected one")
    waiting: int = Field(description="rows among these that wait for an answer in people.csv or pairs.csv")
    superseded: int = Field(description="resources of earlier runs that should not be on the server any more, and are")
    unsent: int = Field(description="resources that `sync` did not come to, as it was ended before")
    findings: FindingCounts = Field(description="what the rules found, for `findings`, `map`, `plan` and `sync`")
    seconds: float
    exit: int


LINES: dict[str, type[_Line]] = {
    "problem": ProblemLine,
    "action": ActionLine,
    "status": StatusLine,
    "file": FileLine,
    "unused": UnusedLine,
    "list": ListLine,
    "unmapped": UnmappedLine,
    "cell": CellLine,
    "deidentified": DeidentifiedLine,
    "finding": FindingLine,
    "rule": RuleLine,
    "ready": ReadyLine,
    "schema": SchemaLine,
    "error": ErrorLine,
    "summary": SummaryLine,
}
