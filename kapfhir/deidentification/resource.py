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
from .walk import MASKED, UNKNOWN, Walk, WithheldError

BASE = "https://kapfhir.org/fhir"
PSEUDED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "PSEUDED"}
PSYCHOTHERAPY = "PSYTHPN"
DEEPEST = 10  # Bundles in each other
METHODS = ("PUT", "POST")
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
        counts, self.walk.counts = self.walk.counts, Counter()  # of what is withheld nothing was kept or dropped
        try:
            out = self._whole(node, kind, links or {}, identity, base)
            counts.update(self.walk.counts)
        except RecursionError:
            raise WithheldError("not-r4", kind) from None
        except WithheldError as error:
            raise WithheldError(str(error), kind) from None
        finally:
            self.walk.counts = counts
        return out

    def _whole(self, node: dict[str, Any], kind: str, links: Mapping[str, str], identity: str, base: str) -> dict[str, Any]:
        """The resource, if it is R4."""
        out = self._resource(node, kind, links, identity, base)
        problems = [p for p in check(out) if p.severity == "error"]
        if problems and all(p.code == TO_THE_DAY for p in problems):
            year = out.pop("effectiveDateTime")
            out["effectivePeriod"] = {"start": year, "end": year}
            self.walk.count("Observation.effectiveDateTime", "replaced")
            problems = [p for p in check(out) if p.severity == "error"]
        if problems:
            raise WithheldError("not-r4", kind)
        return out

    def bundle(self, node: dict[str, Any], depth: int = 0) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """A transaction or batch of what may leave, else a collection; and the type and code of each resource that stays."""
        entries, strange = self._entries(node)
        private = _is_private(node)  # the label of a Bundle is that of all in it
        links = self._links(entries)
        sends = node.get("type") in ("transaction", "batch")
        out: list[dict[str, Any]] = []
        withheld: list[tuple[str, str]] = [("", "unreadable")] * strange
        there: set[str] = set()
        for entry in entries:
            inner, full = entry.get("resource"), entry.get("fullUrl")
            if inner is None or (sends and _asked(entry) not in METHODS):
                self.walk.count("Bundle.entry", "dropped")  # nothing, or what is deleted, changed or asked for
                continue
            if private:
                withheld.append((_kind(inner), "psychotherapy-note"))
                continue
            if _kind(inner) == "Bundle":  # the answer to a batch of searches
                if depth == DEEPEST:
                    withheld.append(("Bundle", "not-r4"))
                    continue
                new, stays = self.bundle(inner, depth + 1)
                withheld += stays
                out.append(_entry(new, sends=sends, method="POST"))
                self._count_entry(entry, out[-1])
                continue
            try:
                linked = links.get(full, "") if isinstance(full, str) else ""
                new = self.resource(inner, links, linked.rpartition("/")[2], _base(full, inner))
            except WithheldError as error:
                withheld.append((error.kind, str(error)))
                continue
            made = _entry(new, sends=sends, method=_asked(entry))
            if made.get("fullUrl") in there:  # two versions, or two of one name
                withheld.append((_kind(inner), "not-r4"))
                continue
            if "fullUrl" in made:
                there.add(made["fullUrl"])
            out.append(made)
            self._count_entry(entry, made)
        kept = {"resourceType": "Bundle", "type": node["type"] if sends else "collection"}
        self.walk.count("Bundle.type", "kept" if node.get("type") == kept["type"] else "replaced")
        return (kept | {"entry": out} if out else kept), withheld

    def _entries(self, node: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
        """The entries of a Bundle, and how many things there are none. What the Bundle has besides is counted."""
        whole = node.get("entry")
        every = whole if isinstance(whole, list) else [] if whole is None else [whole]
        entries = [entry for entry in every if isinstance(whole, list) and isinstance(entry, dict)]
        self._count_others(node, "Bundle", ("resourceType", "type", "entry"))
        return entries, len(every) - len(entries)

    def _count_entry(self, entry: dict[str, Any], made: dict[str, Any]) -> None:
        self._count_others(entry, "Bundle.entry", ("resource", *made))
        if "fullUrl" in entry and "fullUrl" in made:
            self.walk.count("Bundle.entry.fullUrl", "pseudonym")
        if "request" in made:
            self.walk.count("Bundle.entry.request.url", "pseudonym")
            self._count_others(entry.get("request", {}), "Bundle.entry.request", ("method", "url"))

    def _count_others(self, node: Mapping[str, Any], kind: str, taken: tuple[str, ...]) -> None:
        elements = load_facts().elements(kind)
        for key in node.keys() - set(taken):
            self.walk.count(f"{kind}.{key if key in elements else UNKNOWN}", "dropped")

    def _resource(
        self, node: dict[str, Any], kind: str, links: Mapping[str, str], identity: str, base: str = ""
    ) -> dict[str, Any]:
        if _is_private(node) or any(map(_is_private, _list(node.get("contained")))):
            raise WithheldError("psychotherapy-note")
        named = isinstance(node.get("id"), str)
        parts = node.get("contained", [])
        contained = {c["id"]: c for c in _list(parts) if isinstance(c, dict) and isinstance(c.get("id"), str)}
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
        if "id" in node:
            self.walk.count(f"{kind}.id", "pseudonym" if named else "dropped")
        meta = body.pop("meta", {})
        head["meta"] = meta | {"security": [*meta.get("security", ()), PSEUDED]}
        inner = self._contained(contained, scope)
        for _ in range((len(parts) if isinstance(parts, list) else 1) - len(contained)):
            self.walk.count(f"{kind}.contained", "dropped")  # no resources, or without a name of their own
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
                self.walk.count(f"{kind}.id", "pseudonym")
                for name in node.keys() & {"meta", "contained"}:
                    self.walk.count(f"{kind}.{name}", "dropped")
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


def count_entries(bundle: dict[str, Any]) -> int:
    """How many resources a Bundle holds, those of Bundles in it with them."""
    inner = [entry["resource"] for entry in bundle.get("entry", ())]
    return sum(count_entries(node) if node["resourceType"] == "Bundle" else 1 for node in inner)


def _asked(entry: dict[str, Any]) -> str:
    """What a Bundle asks to do with an entry."""
    request = entry.get("request")
    return str(request.get("method")) if isinstance(request, dict) else "POST"


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
