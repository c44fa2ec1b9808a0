"""What kapfhir relies on of a FHIR server, as one suite for any server.

    pytest tests/contract                    the embedded sandbox
    pytest tests/contract --server URL       a running FHIR R4 server, given by its base

Where HAPI differs from the specification, the test that meets it says so with `server.hapi(...)`. Every test writes under ids and a
tag of its own, so that the suite may run on a server that holds other things, and beside itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import pytest
import requests

from kapfhir.fhir import exact

T = TypeVar("T")
TAGS = "https://kapfhir.org/test/contract"
SYSTEM = "https://kapfhir.org/test/contract/id"
TIMEOUT_S = 120


@dataclass
class Reply:
    """An answer, with JSON as exact as it came."""

    status: int
    headers: Any
    text: str = field(repr=False)

    @property
    def json(self) -> Any:
        return exact.loads(self.text)

    @property
    def is_outcome(self) -> bool:
        return bool(self.text) and self.json["resourceType"] == "OperationOutcome" and bool(self.json["issue"])

    @property
    def etag(self) -> str:
        return self.headers.get("ETag", "").removeprefix("W/").strip('"')

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The answers of a batch's or transaction's entries."""
        assert self.status == 200, self.text
        return [row["response"] for row in self.json.get("entry", [])]

    @property
    def codes(self) -> list[str]:
        return [row["status"][:3] for row in self.rows]

    @property
    def found(self) -> set[str]:
        """The matches of a search, as `Patient/1`."""
        assert self.status == 200, self.text
        return {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in self.json.get("entry", [])}


class Server:
    """The server under test, seen by one test: ids end with this test's own mark, and everything carries its tag."""

    def __init__(self, url: str, software: str, session: requests.Session) -> None:
        self.url = url.rstrip("/")
        self.is_hapi = "hapi" in software.lower()
        self.session = session
        self.mark = uuid4().hex[:12]

    def hapi(self, theirs: T, spec: T) -> T:
        """What is expected here: `theirs` on HAPI, where it differs from the specification, `spec` on any other server."""
        return theirs if self.is_hapi else spec

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        names = {"Accept": "application/fhir+json", "Cache-Control": "no-cache"}
        names |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) or body is None else exact.dumps(body)
        if data is not None:
            names.setdefault("Content-Type", "application/fhir+json")
        url = f"{self.url}/{path}" if path else self.url
        reply = self.session.request(method, url, data=data, headers=names, timeout=TIMEOUT_S)
        return Reply(reply.status_code, reply.headers, reply.content.decode())

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, **headers)

    def put(self, resource: dict[str, Any], **headers: str) -> Reply:
        return self.ask("PUT", self.ref(resource), resource, **headers)

    def send(self, *entries: dict[str, Any], kind: str = "transaction", **headers: str) -> Reply:
        return self.ask("POST", "", {"resourceType": "Bundle", "type": kind, "entry": list(entries)}, **headers)

    def pages(self, path: str) -> list[list[str]]:
        """Every page of a search, by its next links."""
        out, link = [], f"{self.url}/{path}"
        while link:
            reply = self.session.get(link, headers={"Cache-Control": "no-cache"}, timeout=TIMEOUT_S).json()
            out.append([f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in reply.get("entry", [])])
            link = next((part["url"] for part in reply["link"] if part["relation"] == "next"), "")
        return out

    def count(self, path: str) -> int:
        total: int = self.get(path + ("&" if "?" in path else "?") + "_summary=count").json["total"]
        return total

    @staticmethod
    def ref(resource: dict[str, Any]) -> str:
        return f"{resource['resourceType']}/{resource['id']}"

    @property
    def tag(self) -> str:
        return f"_tag={TAGS}|{self.mark}"

    def _meta(self) -> dict[str, Any]:
        return {"tag": [{"system": TAGS, "code": self.mark}]}

    def identifier(self, name: str = "p") -> dict[str, str]:
        return {"system": SYSTEM, "value": f"{name}-{self.mark}"}

    def criteria(self, name: str = "p") -> str:
        return f"identifier={SYSTEM}|{name}-{self.mark}"

    def patient(self, name: str = "p", **more: Any) -> dict[str, Any]:
        identity = {"resourceType": "Patient", "id": f"{name}-{self.mark}", "meta": self._meta()}
        return {**identity, "identifier": [self.identifier(name)], **more}

    def observation(self, name: str = "o", subject: str | None = None, **more: Any) -> dict[str, Any]:
        return {
            "resourceType": "Observation",
            "id": f"{name}-{self.mark}",
            "meta": self._meta(),
            "identifier": [self.identifier(name)],
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "44261-6"}]},
            "subject": {"reference": subject or f"Patient/p-{self.mark}"},
            **more,
        }

    def entry(self, resource: dict[str, Any], **request: str) -> dict[str, Any]:
        """An entry that puts a resource under its id."""
        reference = self.ref(resource)
        row = {"fullUrl": f"https://kapfhir.org/test/{reference}", "resource": resource}
        return {**row, "request": {"method": "PUT", "url": reference, **request}}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--server", help="base URL of a running FHIR R4 server to run the contract on, in place of the sandbox")


@pytest.fixture(scope="session")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="session")
def base(request: pytest.FixtureRequest) -> str:
    """The base of the server under test."""
    given: str | None = request.config.getoption("--server", default=None)
    if given:
        return given.rstrip("/")
    sandbox = request.getfixturevalue("kapfhir_sandbox_server")
    return str(sandbox.url)


@pytest.fixture(scope="session")
def software(base: str, session: requests.Session) -> str:
    """What the server calls itself."""
    reply = session.get(f"{base}/metadata?_elements=software,fhirVersion", timeout=TIMEOUT_S)
    assert reply.status_code == 200, f"{base}/metadata does not answer"
    return str(reply.json().get("software", {}).get("name", ""))


@pytest.fixture
def server(base: str, software: str, session: requests.Session) -> Server:
    return Server(base, software, session)
