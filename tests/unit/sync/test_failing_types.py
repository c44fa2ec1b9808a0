"""A server that fails inside: at one type of resource, at all of them, in this run or in the one before."""

import pytest

from kapfhir.errors import Exit, TemporaryServerError
from kapfhir.server.client import Client
from kapfhir.sync.bundles import Limits


def failing(monkeypatch, fails):
    """From now on the server fails inside at transactions of which this says so; the list of all that were sent."""
    real, sent = Client.transaction, []

    def answer(self, bundle, *args, **options):
        sent.append(bundle)
        if fails(bundle, len(sent)):
            raise TemporaryServerError("POST server/: HTTP 500", "", 500)
        return real(self, bundle, *args, **options)

    monkeypatch.setattr(Client, "transaction", answer)
    return sent


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("entries", [3, 200])
def test_a_server_that_fails_inside_at_one_type_gets_all_others(run, made, monkeypatch, threads, entries):
    sent = failing(monkeypatch, lambda bundle, _: b'"resourceType":"AdverseEvent"' in bundle)
    run.limits = Limits(entries=entries, threads=threads)
    report = run.sync(made.course(40, 1))
    assert (report.error, report.created, report.refused, report.blocked) == (None, 2 + 40 + 120, 40, 0)
    assert report.exit is Exit.REFUSED
    assert {p.code for p in report.problems} == {"refused-by-server"}
    assert "so it was with each AdverseEvent before" in report.problems[-1].text
    alone = [b for b in sent if b.count(b'"resource":') == 1 and b'"resourceType":"AdverseEvent"' in b]
    assert 5 <= len(alone) <= 5 + threads, "it is not asked about each of them"
    monkeypatch.undo()
    assert run.sync(made.course(40, 1)).created == 40


@pytest.mark.parametrize("entries", [3, 200])
def test_a_type_that_failed_in_the_run_before_holds_up_nothing_new(run, made, monkeypatch, entries):
    failing(monkeypatch, lambda bundle, _: b'"resourceType":"AdverseEvent"' in bundle)
    run.limits = Limits(entries=entries, threads=1)
    run.sync(made.course(40, 1))
    again = run.sync(made.course(40, 1))
    assert (again.error, again.created, again.refused, again.exit) == (None, 0, 40, Exit.REFUSED)
    more = run.sync(made.course(42, 1))
    assert (more.error, more.created, more.refused, more.exit) == (None, 2 * 4, 42, Exit.REFUSED)


def test_a_server_that_is_down_in_a_later_run_is_not_asked_for_ever(run, made, monkeypatch):
    run.limits = Limits(entries=4, threads=1)
    run.sync(made.course(1, 1))
    sent = failing(monkeypatch, lambda *_: True)
    report = run.sync(made.course(40, 2))
    assert isinstance(report.error, TemporaryServerError)
    assert len(sent) < 80


def test_what_waits_for_a_type_that_is_given_up_is_blocked(run, made, monkeypatch):
    failing(monkeypatch, lambda bundle, _: b'"resourceType":"Procedure"' in bundle)
    report = run.sync(made.course(10, 1))
    assert (report.error, report.created, report.refused, report.blocked) == (None, 2 + 10 + 10 + 10, 10, 10)


@pytest.mark.parametrize("last", [1, 6])
def test_a_server_that_goes_down_in_the_middle_is_not_asked_for_ever(run, made, monkeypatch, last):
    sent = failing(monkeypatch, lambda _, number: number > last)
    run.limits = Limits(entries=4, threads=1)
    report = run.sync(made.course(40, 2))
    assert isinstance(report.error, TemporaryServerError)
    assert report.exit is Exit.TEMPORARY
    assert len(sent) < last + 40
