"""The end of an apply, as a table and as data."""

from __future__ import annotations

from collections import Counter

import pytest

from kapfhir.errors import AccessError, Exit, Problem, TemporaryServerError
from kapfhir.server.meter import Meter
from kapfhir.sync.action import Sign
from kapfhir.sync.report import Progress, Report


@pytest.fixture
def report():
    meter = Meter()
    for ms in range(1, 101):
        meter.count(200 if ms < 100 else 0, ms / 100, 2000, 1000, write=ms % 2 == 0, repeat=ms == 7)
    planned = Counter({Sign.UNCHANGED: 5, Sign.CREATE: 90, Sign.UPDATE: 8, Sign.GONE: 1, Sign.REFUSED: 2})
    return Report(planned, created=88, updated=8, refused=1, blocked=1, seconds=75.5, threads=4, meter=meter)


def test_the_table(report):
    assert str(report).splitlines() == [
        "Planned      [= + * - !]                        = 5, + 90, * 8, - 1, ! 2",
        "Written      [created, updated]                 88, 8",
        "Refused      [by server, blocked]               1, 1",
        "Success      [ratio]                            97.96 %",
        "Resources    [per second]                       1",
        "Requests     [total, writes, repeats, threads]  100, 50, 1, 4",
        "Duration     [total]                            1m15.5s",
        "Latencies    [50, 95, 99, max]                  500ms, 950ms, 990ms, 1.00s",
        "Bytes out    [total, mean]                      195.31 KiB, 1.95 KiB",
        "Bytes in     [total, mean]                      97.66 KiB, 1000 B",
        "Status codes [code:count]                       200:99, no answer:1",
    ]


def test_as_data(report):
    data = report.to_dict()
    assert {name: data[name] for name in ("create", "update", "unchanged", "retract", "refused", "requests", "writes")} == {
        "create": 88, "update": 8, "unchanged": 5, "retract": 1, "refused": 4, "requests": 100, "writes": 50,
    }  # fmt: skip
    assert data["latency_s"] == {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


def test_nothing_to_do():
    assert "Success      [ratio]                            -" in str(Report(Counter()))


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (Report(Counter()), Exit.DONE),
        (Report(Counter({Sign.REFUSED: 1})), Exit.REFUSED),
        (Report(Counter(), problems=[Problem("t", 1, "", "refused-by-server", "x")]), Exit.REFUSED),
        (Report(Counter(), problems=[Problem("t", 1, "", "x", "x")], error=TemporaryServerError("x")), Exit.TEMPORARY),
        (Report(Counter(), error=AccessError("x")), Exit.ACCESS),
    ],
)
def test_exits(report, code):
    assert report.exit is code


def test_time_that_is_left():
    assert Progress(50, 200, 10.0).left_s == 30.0
    assert Progress(0, 200, 10.0).left_s is None
