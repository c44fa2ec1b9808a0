"""One resource, or one Bundle, without what tells who its patient is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.validate import check

from .ages import first_year
from .dates import Dates
from .doubles import Doubles
from .pseudonyms import Pseudonyms
from .references import Scope, patient_of
from .table import passes
from .walk import MASKED, Walk, WithheldError

BASE = "https://kapfhir.org/fhir"
PSEUDED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "PSEUDED"}
PSYCHOTHERAPY = "PSYTHPN"
TO_THE_DAY = "vs-1"  # a vital sign has a date to the day, or a period


@dataclass(slots=True)
class Deidentifier:
    """One per run: the same key, the same settings, one set of counts."""

    pseudonyms: Pseudonyms
    dates: Dates
    texts: frozenset[str] = frozenset()
    walk: Walk = field(init=False)
    doubles: Doubles = field(default_factory=Doubles)

    def __post_init__(self) -> None:
        self.walk = Walk(self.pseudonyms, self.dates, self.texts)

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        return self.walk.counts

    def resource(self, node: Any, links: Mapping[str, str] | None = None, identity: str = "", base: str = "") -> dict[str, Any]:
        """The resource that may leave; WithheldError with a code where none may. `links`: of the Bundle that it stands in;
        `identity`: the pseudonym of a resource that has no id; `base`: the address of the server that it comes from, if known.
        ConfigError where another resource, of another patient or server, has its id.
        """
        kind = _kind(node)
        if kind not in passes():
            raise WithheldError("type-not-listed" if kind else "not-r4", kind)
        try:
            out = self._resource(node, kind, links or {}, identity, base)
        except RecursionError:
            raise WithheldError("not-r4", kind) from None
        except WithheldError as error:
            raise WithheldError(str(error), kind) from None
        problems = [p for p in check(out) if p.severity == "error"]
        if problems and all(p.code == TO_THE_DAY for p in problems):
            year = out.pop("effectiveDateTime")
            out["effectivePeriod"] = {"start": year, "end": year}
            problems = [p for p in check(out) if p.severity == "error"]
        if problems:
            raise WithheldError("not-r4", kind)
        return out

    def bundle(self, node: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """A transaction or batch of what may leave, else a collection; and the type and code of each resource that stays."""
        entries = [entry for entry in _list(node.get("entry")) if isinstance(entry, dict)]
        private = _is_private(node)  # the label of a Bundle is that of all in it
        links = self._links(entries)
        sends = node.get("type") in ("transaction", "batch")
        out: list[dict[str, Any]] = []
        withheld: list[tuple[str, str]] = []
        there: set[str] = set()
        for entry in entries:
            inner, full = entry.get("resource"), entry.get("fullUrl")
            if inner is None:
                continue
            if private:
                withheld.append((_kind(inner), "psychotherapy-note"))
                continue
            try:
                linked = links.get(full, "") if isinstance(full, str) else ""
                new = self.resource(inner, links, linked.rpartition("/")[2], _base(full, inner))
            except WithheldError as error:
                withheld.append((error.kind, str(error)))
                continue
            made = _entry(new, sends=sends, method=_method(entry))
            if made.get("fullUrl") in there:  # two versions, or two of one name
                withheld.append((_kind(inner), "not-r4"))
                continue
            if "fullUrl" in made:
                there.add(made["fullUrl"])
            out.append(made)
        kept = {"resourceType": "Bundle", "type": node["type"] if sends else "collection"}
        return (kept | {"entry": out} if out else kept), withheld

    def _resource(
        self, node: dict[str, Any], kind: str, links: Mapping[str, str], identity: str, base: str = ""
    ) -> dict[str, Any]:
        if _is_private(node) or any(map(_is_private, _list(node.get("contained")))):
            raise WithheldError("psychotherapy-note")
        named = isinstance(node.get("id"), str)
        contained = {c["id"]: c for c in _list(node.get("contained")) if isinstance(c, dict) and isinstance(c.get("id"), str)}
        scope = Scope(self.pseudonyms, links, self.doubles, base, contained=frozenset(contained))
        scope.outer = self.pseudonyms.of_resource(kind, node["id"]) if named else identity
        owner = patient_of(node, scope)
        if scope.outer:
            self.doubles.meet(f"{kind}/{scope.outer}", base)
            self.doubles.note(f"{kind}/{scope.outer}", node, owner, base)
        scope.days = self.pseudonyms.shift(owner) if owner else None
        if year := first_year(node):
            scope.years_ago = max(0, self.dates.as_of.year - year)
        body = self.walk.element(node, kind, kind, scope) or {}
        if kind == "Observation" and body.get("_effectiveDateTime") is MASKED:
            del body["_effectiveDateTime"]  # a dateTime without a day is against vs-1, a period is not
            body["effectivePeriod"] = MASKED
        head: dict[str, Any] = {"resourceType": kind}
        if scope.outer:
            head["id"] = scope.outer
            self.walk.count(f"{kind}.id", "pseudonym")
        meta = body.pop("meta", {})
        head["meta"] = meta | {"security": [*meta.get("security", ()), PSEUDED]}
        inner = self._contained(contained, scope)
        return head | ({"contained": inner} if inner else {}) | body

    def _contained(self, contained: Mapping[str, Any], scope: Scope) -> list[dict[str, Any]]:
        """What the resource contains, as far as something that stays points to it."""
        out: dict[str, dict[str, Any]] = {}
        while waiting := sorted(scope.pointed - out.keys()):
            for identity in waiting:
                node = contained[identity]
                kind = _kind(node)
                if kind not in passes():
                    raise WithheldError("contained-type-not-listed")
                body = self.walk.element({k: v for k, v in node.items() if k != "meta"}, kind, kind, scope) or {}
                out[identity] = {"resourceType": kind, "id": scope.inner_id(identity)} | body
        for node in contained.keys() - out.keys():
            self.walk.count(f"{_kind(contained[node]) or 'contained'}", "dropped")
        return [out[identity] for identity in contained if identity in out]

    def _links(self, entries: list[dict[str, Any]]) -> dict[str, str]:
        """Full URLs of a Bundle's entries -> `Type/pseudonym`."""
        out = {}
        for entry in entries:
            inner, full = entry.get("resource"), entry.get("fullUrl")
            kind = _kind(inner)
            if isinstance(inner, dict) and kind and isinstance(full, str):
                name = inner.get("id")
                pseudonym = self.pseudonyms.of_resource(kind, name) if isinstance(name, str) else self.pseudonyms.of("urn", full)
                out[full] = f"{kind}/{pseudonym}"
        return out


def _kind(node: Any) -> str:
    """The resource type; empty where it is none of R4."""
    kind = node.get("resourceType") if isinstance(node, dict) else None
    return kind if isinstance(kind, str) and kind in load_facts().resources else ""


def _base(full: Any, inner: Any) -> str:
    """The address of the server, where the full URL of an entry is that of its resource there."""
    end = f"/{_kind(inner)}/{inner.get('id')}" if isinstance(inner, dict) else "/"
    return full.removesuffix(end) if isinstance(full, str) and "://" in full and full.endswith(end) else ""


def _method(entry: dict[str, Any]) -> str:
    request = entry.get("request")
    return "PUT" if isinstance(request, dict) and request.get("method") == "PUT" else "POST"


def _entry(resource: dict[str, Any], *, sends: bool, method: str) -> dict[str, Any]:
    name = f"{resource['resourceType']}/{resource['id']}" if "id" in resource else ""
    out: dict[str, Any] = {"fullUrl": f"{BASE}/{name}"} if name else {}
    out["resource"] = resource
    if sends:
        url = name if method == "PUT" and name else resource["resourceType"]
        out["request"] = {"method": "PUT" if url == name else "POST", "url": url}
    return out


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_private(node: Any) -> bool:
    """Whether a resource says of itself that it holds a psychotherapy note, be its label well made or not."""
    meta = node.get("meta") if isinstance(node, dict) else None
    labels = meta.get("security") if isinstance(meta, dict) else None
    return any(
        isinstance(label, dict) and label.get("code") == PSYCHOTHERAPY
        for label in (labels if isinstance(labels, list) else [labels])
    )
