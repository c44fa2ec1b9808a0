"""One request function: time-outs, repeats, Retry-After, redirects, and every failure as one of our errors.

Everything that we send may be sent twice: reads, and writes whose address or identifier the client chose. So an answer that did
not come (time-out, reset, 502, 504, a body that is no JSON) is asked for again. What may be repeated:

    no connection, time-out, reset, 408, 425, 429, 502, 503, 504, a broken answer   yes, up to `tries`
    500                                                                             twice, then the caller decides
    409, and 412 where nothing was asked of a version or a match                    same bytes, if the caller says so
    the rest                                                                        no

Waits double, with full jitter; a Retry-After is kept to, by all threads, up to five minutes. No message or log line holds the
query of an address (it may hold identifiers) or a word of a body; see `outcome` for what is told of a refusal.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import orjson

from kapfhir.auth import Auth, NoAuth
from kapfhir.errors import AccessError, ConfigError, RefusedError, ServerError, TemporaryServerError
from kapfhir.fhir import exact

from .meter import Meter
from .outcome import describe

if TYPE_CHECKING:
    import requests

logger = logging.getLogger(__name__)
FHIR_JSON = "application/fhir+json"
TEMPORARY = frozenset([408, 425, 429, 502, 503, 504])
ACCESS = frozenset([401, 403])
CONNECT_S = 10.0
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
LONGEST_RETRY_AFTER_S = 300.0
REDIRECTS = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, already parsed; `body` is None where there was none and none was needed."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    needs_body: bool
    write: bool

    @property
    def what(self) -> str:
        """For messages: no query, no user."""
        return f"{self.method} {host_of(self.url)}{urlsplit(self.url).path}"


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance; tests bring their own."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


class Http:
    """Requests to one FHIR base. May be shared by threads: each has a session of its own."""

    def __init__(
        self, base: str, auth: Auth | None = None, *, timeout_s: float = 60.0, tries: int = 6, clock: Clock | None = None
    ) -> None:
        self.base = normalise(base)
        self.auth = auth or NoAuth()
        self.timeout_s = timeout_s
        self.tries = tries
        self.clock = clock or Clock()
        self.meter = Meter()
        self._threads = threading.local()
        self._quiet_until = 0.0  # a server that said Retry-After to one thread said it to all
        self._reached = False

    @property
    def host(self) -> str:
        return host_of(self.base)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        again: frozenset[int] = frozenset(),
        again_tries: int | None = None,
        needs_body: bool = True,
        write: bool = False,
        tries: int | None = None,
    ) -> Answer:
        """The answer with a 2xx status; raises one of the ServerErrors otherwise.

        `path` is relative to the base, or an address of the same server. `again` are further statuses worth another try,
        up to `again_tries` in all.
        """
        try:
            url = urljoin(f"{self.base}/", path) if path else self.base
            here = origin_of(url) == origin_of(self.base)
        except ValueError:
            raise TemporaryServerError(f"{self.host} points to what is no address", "the server's answer is broken") from None
        if not here:
            raise ConfigError(f"{self.host} points to another server, {host_of(url)}", "nothing was sent there")
        sent = {"Accept": FHIR_JSON, **({"Content-Type": FHIR_JSON} if body is not None else {}), **(headers or {})}
        request = _Request(method, url, sent, body, needs_body, write)
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._attempt(request, repeat=attempt > 1)
            except ServerError as error:
                most = tries or (self.tries if self._reached else min(3, self.tries))
                if error.status == 500:
                    most = min(most, 3)
                if error.status in again:
                    most = min(most, again_tries or most)
                if attempt >= most or not (isinstance(error, TemporaryServerError) or error.status in again):
                    raise
                self._wait(attempt, getattr(error, "retry_after_s", None), error)

    def _attempt(self, request: _Request, *, repeat: bool) -> Answer:
        for _ in range(REDIRECTS + 1):
            response = self._send(request, repeat=repeat)
            if response.status_code not in (301, 302, 303, 307, 308):
                return self._read(response, request)
            request = self._redirected(request, response)
        raise ConfigError(f"{request.what}: the server redirects without end", "give the address that it redirects to")

    def _send(self, request: _Request, *, repeat: bool) -> requests.Response:
        import requests  # noqa: PLC0415  (half of the start-up time of a command that needs no server)

        pause = self._quiet_until - self.clock.seconds()
        if pause > 0:
            self.clock.sleep(pause)
        start = self.clock.seconds()
        what, sent = request.what, len(request.body or b"")
        status, received = 0, 0
        try:
            response = self._session().request(
                request.method,
                request.url,
                data=request.body,
                headers=dict(request.headers),
                timeout=(CONNECT_S, self.timeout_s),
                allow_redirects=False,
            )
            status, received = response.status_code, len(response.content)
            self._reached = True
        except requests.exceptions.SSLError as error:
            if any(word in str(error) for word in ("CERTIFICATE", "certificate", "hostname", "WRONG_VERSION", "wrong version")):
                raise ConfigError(
                    f"{self.host} has no TLS connection that can be trusted", "check the address and the server's certificate"
                ) from None
            raise TemporaryServerError(f"{what}: the TLS connection broke") from None
        except requests.exceptions.ConnectTimeout:
            raise TemporaryServerError(f"{what}: no connection within {CONNECT_S:g} s", "is the server there?") from None
        except requests.exceptions.Timeout:
            raise TemporaryServerError(
                f"{what}: no answer within {self.timeout_s:g} s", "raise timeout_s, or try later"
            ) from None
        except requests.exceptions.ConnectionError as error:
            text = (
                "no connection"
                if "NewConnectionError" in repr(error) or "NameResolution" in repr(error)
                else "the connection broke"
            )
            raise TemporaryServerError(f"{what}: {text}", "is the server there?") from None
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
            raise TemporaryServerError(f"{what}: the answer broke off") from None
        except (requests.exceptions.RequestException, UnicodeError, ValueError) as error:
            raise ConfigError(
                f"{what}: no such request can be made ({type(error).__name__})", "check the server's address and the credentials"
            ) from None
        finally:
            seconds = self.clock.seconds() - start
            self.meter.count(status, seconds, sent, received, write=request.write, repeat=repeat)
            logger.debug("request=%s status=%d seconds=%.3f sent=%d received=%d", what, status, seconds, sent, received)
        return response

    def _read(self, response: requests.Response, request: _Request) -> Answer:
        """A 2xx answer with its JSON; anything else raises."""
        what = request.what
        status, content = response.status_code, response.content
        try:
            body = exact.loads(content) if content.strip() else None
            if b"\\ud" in content or b"\\uD" in content:
                orjson.loads(content)  # refuses half a character, which no file or database takes
        except (ValueError, ArithmeticError, RecursionError):
            body = ...
        if 200 <= status < 300:
            if body is ... or (request.needs_body and not isinstance(body, dict)):
                kind = (
                    "HTML" if content.lstrip()[:1] == b"<" else "nothing" if not content.strip() else "something that is no JSON"
                )
                raise TemporaryServerError(f"{what}: HTTP {status}, but the answer is {kind}", "is this the FHIR base?", status)
            return Answer(status, response.headers, body if isinstance(body, dict) else None)
        words = describe(body)
        text = f"{what}: HTTP {status} {_phrase(status)}" + (f": {words}" if words else "")
        if status in ACCESS:
            raise AccessError(text, "check the credentials of this server and what they allow", status)
        if status in TEMPORARY or status == 500 or status > 504:
            raise TemporaryServerError(text, "", status, self._retry_after(response.headers.get("Retry-After")))
        raise RefusedError(text, "", status)

    def _redirected(self, request: _Request, response: requests.Response) -> _Request:
        """The same to another address of the same server, so that no credential or record ends up elsewhere."""
        what, url = request.what, request.url
        try:
            target = urljoin(url, response.headers.get("Location", ""))
            here, there = urlsplit(url), urlsplit(target)
            safer = (here.scheme, there.scheme) == ("http", "https") and here.hostname == there.hostname
            same = origin_of(target) == origin_of(url) or (safer and there.port in (None, 443))
        except ValueError:
            raise ConfigError(
                f"{what}: the server redirects to what is no address",
                "check how it is set up, or give the address that is meant",
            ) from None
        if not same:
            raise ConfigError(
                f"{what}: the server redirects to another one, {host_of(target)}",
                "nothing was sent there; give the address that is meant",
            )
        if request.method not in ("GET", "HEAD") and response.status_code not in (307, 308):
            raise ConfigError(f"{what}: the server redirects a write", "give the address that it redirects to")
        return replace(request, url=target)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            import requests  # noqa: PLC0415

            session = requests.Session()
            session.auth = self._authorise  # its own, so that no password of a .netrc goes out instead
            session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]  # noqa: ARG005  (we do that)
            self._threads.session = session
        return session

    def _authorise(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        header = self.auth.header()
        if header:
            prepared.headers["Authorization"] = header
        return prepared

    def _retry_after(self, header: str | None) -> float | None:
        """Seconds from a Retry-After, which is a number or a date."""
        if not header:
            return None
        if header.strip().isdecimal():
            return float(header)
        try:
            when = parsedate_to_datetime(header)
        except (TypeError, ValueError, OverflowError):
            return None
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return max(0.0, (when - self.clock.now()).total_seconds())

    def _wait(self, attempt: int, asked_s: float | None, error: ServerError) -> None:
        if asked_s is not None and asked_s > LONGEST_RETRY_AFTER_S:
            raise TemporaryServerError(
                f"{error.text}; it asks to wait {asked_s:.0f} s", "run again then: nothing is lost", error.status, asked_s
            ) from None
        pause = self.clock.chance() * min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (attempt - 1))
        if asked_s is not None:
            pause += asked_s
            self._quiet_until = max(self._quiet_until, self.clock.seconds() + asked_s)
        logger.info("repeat=%d pause_s=%.2f status=%d", attempt, pause, error.status)
        self.clock.sleep(pause)


def normalise(base: str) -> str:
    """A base address in one form; ConfigError if it is none, or holds a password."""
    try:
        parts = urlsplit(base.strip())
        port = parts.port
    except ValueError:
        raise ConfigError("the server's address is no URL", "it reads like https://example.org/fhir") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError("the server's address is no URL", "it reads like https://example.org/fhir")
    if parts.username or parts.password:
        raise ConfigError(
            "the server's address holds a user or password", "set auth in a profile; secrets come from files or environment"
        )
    default = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    where = host if port in (None, default) else f"{host}:{port}"
    return f"{parts.scheme}://{where}{parts.path.rstrip('/')}"


def origin_of(url: str) -> tuple[str, str, int]:
    """What makes a server the same one: scheme, host, port."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").rstrip("."), parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)


def host_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
