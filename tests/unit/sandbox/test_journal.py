"""Requests are remembered if asked for; planned failures come one by one."""

from decimal import Decimal

from kapfhir.sandbox.journal import Failure, Journal, Request


def request(content=b""):
    return Request("PUT", "/Patient/1", "", {}, content, 200)


def test_a_body_is_read_with_exact_numbers():
    assert request(b'{"value":1.50}').body == {"value": Decimal("1.50")}
    assert request().body is None


def test_a_request_does_not_print_what_was_sent():
    assert "Canary" not in repr(request(b'{"name":"Canary"}'))


def test_requests_are_remembered_only_if_asked_for():
    told = []
    journal, silent = Journal(recording=True), Journal(on_request=told.append)
    journal.note(request())
    silent.note(request())
    assert (len(journal.requests), len(silent.requests), len(told)) == (1, 0, 1)


def test_failures_come_in_order_and_once():
    journal = Journal()
    journal.failures += [Failure(503), Failure(0, after_commit=True)]
    assert [journal.next_failure(0) for _ in range(3)] == [Failure(503), Failure(0, after_commit=True), None]


def test_every_nth_write_fails():
    journal = Journal()
    assert [bool(journal.next_failure(3)) for _ in range(7)] == [False, False, True, False, False, True, False]


def test_clearing_starts_again():
    journal = Journal(recording=True)
    journal.note(request())
    journal.failures.append(Failure(500))
    journal.next_failure(2)
    journal.clear()
    assert (journal.requests, list(journal.failures), journal.writes) == ([], [], 0)
