"""The pytest plugin: fixture `kapfhir_sandbox`, a FHIR R4 server of one's own, empty at the start of each test.

    def test_upload(kapfhir_sandbox):
        kapfhir_sandbox.load([{"resourceType": "Patient", "id": "p1"}])
        kapfhir_sandbox.fail_next(503)
        upload(to=kapfhir_sandbox.url)
        assert [r.status for r in kapfhir_sandbox.requests] == [503, 200]

One server a session and process (so each worker of pytest-xdist has its own), on a free port of loopback. Nothing of the server
is imported until a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .server import Sandbox


@pytest.fixture(scope="session")
def kapfhir_sandbox_server() -> Iterator[Sandbox]:
    """The server behind `kapfhir_sandbox`; tests take that one."""
    from .server import Sandbox  # noqa: PLC0415  # heavy: only for who asks

    with Sandbox(record=True) as sandbox:
        yield sandbox


@pytest.fixture
def kapfhir_sandbox(kapfhir_sandbox_server: Sandbox) -> Iterator[Sandbox]:
    """An empty FHIR R4 server: `.url .load() .resources() .requests .fail_next() .behave() .reset()`."""
    kapfhir_sandbox_server.reset()
    yield kapfhir_sandbox_server
    kapfhir_sandbox_server.reset()  # so that no quirk of this test meets one that takes the server itself
