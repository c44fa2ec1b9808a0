"""Makes a server what a plan says: shared resources first, then patients side by side, resumable at any point."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from queue import Empty, Full, Queue, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from kapfhir.errors import KapfhirError
from kapfhir.server.client import Client

from .bundles import Limits, Train, last_train, patient_trains, shared_train
from .ledger import Ledger
from .plan import Plan
from .remember import adopt
from .report import InterruptedApply, Progress, Report
from .send import Sender

logger = logging.getLogger(__name__)
GRACE_S = 3.0  # for the requests under way, after Ctrl-C
LOOK_UP_S = 0.5  # there are systems where a wait without an end can't be interrupted


def apply(
    plan: Plan,
    ledger: Ledger,
    client: Client,
    on_progress: Callable[[Progress], None] | None = None,
    max_errors: int | None = None,
    *,
    limits: Limits | None = None,
    where: Callable[[Mapping[str, Any]], str] | None = None,
) -> Report:
    """Send what a plan says. What was refused, and what waits for it, is in the report's problems; the rest goes in.

    A server that is lost, access denied or a full disk ends it early: `report.error` says so (it is not raised). Stops cleanly
    after `max_errors` refusals. Ctrl-C raises InterruptedApply with the report so far. In each case the ledger has what went in,
    and the next plan goes on from there. `where` names the map line that a resource came from.
    """
    limits = limits or Limits()
    report = Report(plan.counts, threads=limits.threads, meter=client.meter)
    sender = Sender(plan, ledger, client, report, limits=limits, max_errors=max_errors)
    sender.where = where or sender.where
    start = client.http.clock.seconds()
    total = plan.to_send
    telling = Lock()

    def step() -> None:
        with telling:
            report.seconds = client.http.clock.seconds() - start
            if on_progress:
                on_progress(Progress(report.written + report.refused + report.blocked, total, report.seconds))

    def drive() -> None:
        adopt(plan.store, ledger, plan.cleared)
        sender.send_train(shared_train(plan.store, limits))
        _send_side_by_side(patient_trains(plan.store, limits), sender, limits.threads)
        sender.send_train(last_train(plan.store, limits))
        sender.require_life()

    sender.on_step = step
    try:
        _run_apart(drive, sender.stop)
    except KapfhirError as error:
        report.error = error
    except KeyboardInterrupt:
        report.seconds = client.http.clock.seconds() - start
        raise InterruptedApply(report) from None
    report.seconds = client.http.clock.seconds() - start
    logger.info("applied created=%d updated=%d refused=%d", report.created, report.updated, report.refused)
    return report


def _run_apart(drive: Callable[[], None], stop: Event) -> None:
    """Run it in a thread of its own. What it raises is raised here.

    Ctrl-C strikes the main thread wherever it is. In the midst of a queue or of a connection pool it leaves a lock behind that
    nobody opens again; so the main thread does nothing but wait, for what is not torn by it.
    """
    ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def run() -> None:
        try:
            drive()
        except BaseException as error:  # noqa: BLE001  it is raised by the thread that waits
            ended.put(error)
        else:
            ended.put(None)

    Thread(target=run, name="apply", daemon=True).start()
    try:
        error = _wait(ended)
    except KeyboardInterrupt:
        stop.set()
        with suppress(Empty):
            ended.get(timeout=GRACE_S)
        raise
    if error is not None:
        raise error


def _wait(ended: SimpleQueue[BaseException | None]) -> BaseException | None:
    while True:
        with suppress(Empty):
            return ended.get(timeout=LOOK_UP_S)


def _send_side_by_side(trains: Iterable[Train], sender: Sender, threads: int) -> None:
    """Each train by one thread; the first error of any of them is raised once the others have ended what they were at."""
    if threads <= 1:
        for train in trains:
            sender.send_train(train)
        return
    errors: list[BaseException] = []
    queue: Queue[Train | None] = Queue(maxsize=threads)

    def work() -> None:
        while (train := queue.get()) is not None:
            try:
                if not sender.stop.is_set():
                    sender.send_train(train)
            except BaseException as error:  # noqa: BLE001  it is raised by the thread that waits
                errors.append(error)
                sender.stop.set()

    workers = [Thread(target=work, name=f"apply-{at}", daemon=True) for at in range(threads)]
    for worker in workers:
        worker.start()
    try:
        for train in trains:
            if not _put(queue, train, sender):
                break
        for _ in workers:
            queue.put(None)
        for worker in workers:
            worker.join()
    except BaseException:
        sender.stop.set()
        for _ in workers:
            _put_now(queue)
        for worker in workers:
            worker.join(GRACE_S)
        raise
    if errors:
        raise errors[0]


def _put(queue: Queue[Train | None], train: Train, sender: Sender) -> bool:
    """Whether there is still somebody to take it."""
    while not sender.stop.is_set():
        try:
            queue.put(train, timeout=0.1)
        except Full:
            continue
        return True
    return False


def _put_now(queue: Queue[Train | None]) -> None:
    try:
        queue.put(None, timeout=0.1)
    except Full:
        return
