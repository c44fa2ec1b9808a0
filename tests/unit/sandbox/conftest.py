"""A sandbox without HTTP: `fhir` takes requests as a client would, and answers with parsed JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from kapfhir.fhir.exact import loads
from kapfhir.sandbox.quirks import choose_behaviour
from kapfhir.sandbox.routes import Service
from kapfhir.sandbox.store import Store
from kapfhir.sandbox.wire import Call

BASE = "http://sandbox.test/fhir"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    text: str = field(repr=False)

    @property
    def json(self) -> Any:
        return loads(self.text)

    @property
    def issue(self) -> dict[str, Any]:
        return self.json["issue"][0]

    @property
    def ids(self) -> list[str]:
        """What a searchset holds: `Patient/1` of each entry, in order."""
        return [f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in self.json.get("entry", [])]


class Client:
    """Asks a service."""

    def __init__(self, *quirks: str) -> None:
        self.store = Store()
        self.service = Service(self.store, choose_behaviour(quirks))

    def ask(self, method: str, url: str, body: Any = None, **headers: str) -> Reply:
        path, _, query = url.partition("?")
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if content:
            names.setdefault("content-type", "application/fhir+json")
        answer = self.service.answer(Call(method, path, query, names, content, base=BASE))
        return Reply(answer.status, answer.headers, answer.body.decode())

    def get(self, url: str, **headers: str) -> Reply:
        return self.ask("GET", url, **headers)

    def post(self, url: str, body: Any, **headers: str) -> Reply:
        return self.ask("POST", url, body, **headers)

    def put(self, resource: dict[str, Any], **headers: str) -> Reply:
        return self.ask("PUT", f"{resource['resourceType']}/{resource['id']}", resource, **headers)

    def delete(self, url: str, **headers: str) -> Reply:
        return self.ask("DELETE", url, **headers)

    def transaction(self, *entries: dict[str, Any], kind: str = "transaction", **headers: str) -> Reply:
        return self.post("", {"resourceType": "Bundle", "type": kind, "entry": list(entries)}, **headers)

    def count(self, url: str) -> int:
        reply = self.get(url + ("&" if "?" in url else "?") + "_summary=count")
        assert reply.status == 200, reply.text
        return reply.json["total"]


def patient(identity: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": identity, **more}


def observation(identity: str = "o1", subject: str = "Patient/p1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "44261-6"}]},
        "subject": {"reference": subject},
        **more,
    }


def entry(method: str, url: str, resource: dict[str, Any] | None = None, full_url: str = "", **request: str) -> dict[str, Any]:
    row: dict[str, Any] = {"request": {"method": method, "url": url, **request}}
    if resource is not None:
        row["resource"] = resource
    if full_url:
        row["fullUrl"] = full_url
    return row


def put_entry(resource: dict[str, Any], **request: str) -> dict[str, Any]:
    reference = f"{resource['resourceType']}/{resource['id']}"
    return entry("PUT", reference, resource, f"https://a.example/fhir/{reference}", **request)


@pytest.fixture
def fhir() -> Client:
    return Client()


@pytest.fixture
def make() -> Any:
    """The builders of small resources and entries: `make.patient()`, `make.entry(...)`; `make.client("quirk")`."""

    class Make:
        pass

    made = Make()
    for function in (patient, observation, entry, put_entry):
        setattr(made, function.__name__, function)
    made.client = Client  # type: ignore[attr-defined]
    return made
