"""The embedded FHIR R4 server, started and stopped: in a thread for tests and tools, or until a signal for the command line.

    with Sandbox() as sandbox:
        requests.get(f"{sandbox.url}/Patient")

It listens on loopback unless told otherwise: it has no access control.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

import uvicorn

from kapfhir.errors import ConfigError, ResourceError, ServerError

from .app import build_app
from .checking import require_shape
from .connection import Connection
from .journal import Failure, Journal, Request
from .outcome import Refusal
from .quirks import choose_behaviour
from .routes import Service
from .seed import read_named
from .store import Store
from .writing import open_writing, require_id

START_S = 30


class Sandbox:
    """One server. `db` is a file (None: memory), `port` 0 a free one, `quirks` names from `quirks.QUIRKS`."""

    def __init__(
        self,
        db: Path | str | None = None,
        port: int = 0,
        quirks: Iterable[str] = (),
        host: str = "127.0.0.1",
        *,
        record: bool = False,
        on_request: Callable[[Request], None] | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self._quirks = tuple(quirks)
        self._db = Path(db) if db else None
        self._journal = Journal(recording=record, on_request=on_request)
        self._service: Service
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        choose_behaviour(self._quirks)

    @property
    def url(self) -> str:
        """The FHIR base, without a slash at the end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  # compared, not bound
        return f"http://[{host}]:{self.port}/fhir" if ":" in host else f"http://{host}:{self.port}/fhir"

    @property
    def requests(self) -> list[Request]:
        """What was asked so far, in order, with `record=True`."""
        return list(self._journal.requests)

    def start(self) -> Self:
        """Listens; returns when requests are answered. ConfigError if port or database can't be had."""
        listener = _listen(self.host, self.port)
        try:
            store = Store(self._db)
        except BaseException:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        self._service = Service(store, choose_behaviour(self._quirks))
        app = build_app(self._service, self._journal)
        config = uvicorn.Config(
            app, http=Connection, ws="none", loop="asyncio", lifespan="off", log_config=None, access_log=False,
            server_header=False, timeout_keep_alive=120, timeout_graceful_shutdown=2,
        )  # fmt: skip
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="kapfhir-sandbox", daemon=True)
        self._thread.start()
        if not self._server.ready.wait(START_S):
            self.stop()
            raise ServerError(f"the sandbox did not start within {START_S} s")
        return self

    def stop(self) -> None:
        """Answers what is under way, then closes everything. Stopping twice is fine."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._service.store.close()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def load(self, resources: Iterable[dict[str, Any]] | str) -> int:
        """Stores resources as they are, without HTTP: all of them or none. A name stands for a shipped example. Returns how many.

        Each needs its id, and may refer to any other. ResourceError says what is wrong with the first that is refused.
        """
        given = read_named(resources) if isinstance(resources, str) else resources
        count = 0
        try:
            with open_writing(self._service.store, choose_behaviour(()), self.url) as writing:
                for resource in given:
                    require_shape(resource, str(resource.get("resourceType", "")))
                    require_id(resource, str(resource.get("id", "")))
                    writing.save(dict(resource), "PUT")
                    count += 1
        except Refusal as refusal:
            words = "; ".join(" ".join(filter(None, (issue.expression, issue.text))) for issue in refusal.issues)
            raise ResourceError(f"the sandbox can't load these resources: {words}") from None
        return count

    def resources(self, type_name: str = "") -> list[dict[str, Any]]:
        """What is stored now, of one type or of all, in the order in which it came."""
        store = self._service.store
        with store.lock:
            rows = store.rows(
                "SELECT type, id FROM current WHERE deleted = 0 AND (type = ? OR ? = '') ORDER BY rid", (type_name, type_name)
            )
            held = [store.read(*row) for row in rows]
        return [version.resource for version in held if version]

    def behave(self, *quirks: str) -> None:
        """Has these quirks, and only these, until `reset`."""
        self._service.set_behaviour(choose_behaviour(quirks))

    def fail_next(self, status: int, *, after_commit: bool = False) -> None:
        """Has the next write answered with this status; 0 closes the connection without an answer.

        With `after_commit` the write is stored first, so that only its answer is lost. Calls add up: two calls, two writes.
        """
        self._journal.failures.append(Failure(status, after_commit))

    def reset(self) -> None:
        """As after the start: no resources, no recorded requests, no planned failures, the first quirks."""
        with self._service.store.lock:
            self._service.store.clear()
            self._journal.clear()
            self._service.set_behaviour(choose_behaviour(self._quirks))


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def serve(
    host: str,
    port: int,
    db: Path | None,
    quirks: Iterable[str],
    on_ready: Callable[[Sandbox], None],
    on_request: Callable[[Request], None] | None = None,
) -> None:
    """Runs a sandbox until SIGINT or SIGTERM, then stops it and returns. Main thread only. `on_ready` gets it when it answers."""
    stopped: SimpleQueue[None] = SimpleQueue()  # an Event may not be set by a handler: it could hold the lock that it waits for
    before = {number: signal.signal(number, lambda *_: stopped.put(None)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Sandbox(db, port, quirks, host, on_request=on_request) as sandbox:
            on_ready(sandbox)
            stopped.get()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"the sandbox can't listen on {host}:{port}: {error.strerror}", "choose another --port, 0 for a free one"
        ) from None
    return listener
