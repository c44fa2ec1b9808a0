"""The sandbox as an ASGI application: HTTP in, a `Call` for the service, its `Answer` out in one piece."""

from __future__ import annotations

import logging
import traceback
import zlib
from html import escape
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from .journal import Failure, Journal, Request
from .outcome import Issue, Refusal, build_notice, build_outcome, refuse
from .routes import Service
from .wire import Answer, Call, write_json

LARGEST_BODY = 64 * 1024 * 1024
WORST = (429, 503)  # the statuses that come with Retry-After
log = logging.getLogger(__name__)


class Fhir:
    """The application below `/fhir`."""

    def __init__(self, service: Service, journal: Journal) -> None:
        self.service = service
        self.journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HttpRequest(scope, receive)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"].removeprefix(scope.get("root_path", "")).strip("/")
        base = f"{scope['scheme']}://{headers.get('host', 'localhost')}{scope.get('root_path', '')}"
        call = Call(scope["method"], path, scope["query_string"].decode("latin-1"), headers, base=base)
        try:
            content = _unpack(await _read(request), headers)
            call = Call(call.method, path, call.query, headers, content, base=base)
            answer = self._answer(call)
        except ClientDisconnect:
            return
        except Refusal as refusal:
            answer = Answer(refusal.status, write_json(refusal.outcome()), {**refusal.headers, "Connection": "close"})
        self.journal.note(Request(call.method, f"/{path}", call.query, headers, call.body, answer.status))
        if not answer.status:
            await _close(scope, receive)
            return
        if self.service.behaviour.html_errors and answer.status >= 400:
            answer = _as_html(answer)
        media = {"Content-Type": answer.content_type} if answer.body else {}
        await Response(answer.body, answer.status, {**answer.headers, **media})(scope, receive, send)

    def _answer(self, call: Call) -> Answer:
        failure = None
        if self.service.is_write(call):
            failure = self.journal.next_failure(self.service.behaviour.fails_every)
        if failure is None:
            return self._safely(call)
        if failure.after_commit:
            self._safely(call)
        return _fail(failure)

    def _safely(self, call: Call) -> Answer:
        try:
            return self.service.answer(call)
        except Exception as error:  # noqa: BLE001  # a fault of the sandbox is an answer, too
            name, place = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
            # not log.exception: the error's own words may hold what was sent
            log.error("method=%s error=%s\n%s", call.method, name, place)  # noqa: TRY400
            issue = Issue("exception", f"the sandbox failed ({name}); this is a fault of its own", severity="fatal")
            return Answer(500, write_json(build_outcome([issue])))


def build_app(service: Service, journal: Journal) -> Starlette:
    """The application: FHIR below `/fhir`, and a word for who comes to `/`."""

    async def home(request: HttpRequest) -> Response:
        base = f"{request.base_url}fhir"
        return PlainTextResponse(f"kapfhir sandbox, an embedded FHIR R4 server\nbase: {base}\nwhat works: {base}/metadata\n")

    fhir = Fhir(service, journal)
    return Starlette(routes=[Route("/", home), Route("/fhir", Base(fhir)), Mount("/fhir", app=fhir)])


class Base:
    """The base itself, without a slash: a mount would redirect it, and every transaction would be sent twice."""

    def __init__(self, fhir: Fhir) -> None:
        self.fhir = fhir

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.fhir({**scope, "root_path": "/fhir"}, receive, send)


async def _read(request: HttpRequest) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise _too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def _unpack(content: bytes, headers: dict[str, str]) -> bytes:
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding == "identity" or not content:
        return content
    if coding != "gzip":
        raise refuse(415, "not-supported", "a body may be packed with gzip only")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        out = unpacker.decompress(content, LARGEST_BODY + 1)
    except zlib.error:
        raise refuse(400, "structure", "the body is not gzip, though Content-Encoding says so") from None
    if len(out) > LARGEST_BODY:
        raise _too_large()
    if not unpacker.eof:
        raise refuse(400, "structure", "the body's gzip ends too early")
    return out


def _too_large() -> Refusal:
    return refuse(413, "too-long", f"the body is larger than {LARGEST_BODY // 1024 // 1024} MiB")


def _fail(failure: Failure) -> Answer:
    headers = {"Retry-After": "0"} if failure.status in WORST else {}
    outcome = build_outcome([Issue("transient", "the sandbox was told to fail this write")])
    if failure.status < 400:
        outcome = build_notice("the sandbox was told to answer this write so")
    return Answer(failure.status, write_json(outcome), headers)


async def _close(scope: Scope, receive: Receive) -> None:
    """Closes the connection without an answer, as a dying server does."""
    scope["state"]["connection"].drop()
    while (await receive())["type"] != "http.disconnect":
        pass


def _as_html(answer: Answer) -> Answer:
    title = escape(f"{answer.status} {HTTPStatus(answer.status).phrase}")
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Answer(answer.status, page.encode(), answer.headers, content_type="text/html; charset=utf-8")
