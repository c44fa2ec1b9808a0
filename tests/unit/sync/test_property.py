"""Whatever happens to rows, server and runs: the server ends up with what the source says, and a further run writes nothing."""

from __future__ import annotations

import random

import pytest

from kapfhir.fhir import exact
from kapfhir.sync.action import Sign
from kapfhir.sync.bundles import Limits
from kapfhir.sync.hashing import content_hash


@pytest.mark.parametrize("quirks", [(), ("flaky",), ("small-bundles", "flaky")])
@pytest.mark.parametrize("seed", range(6))
def test_the_server_holds_what_the_source_says(kapfhir_sandbox, run, made, writes, seed, quirks):
    chance = random.Random(seed)
    kapfhir_sandbox.behave(*quirks)
    doses = {f"D{n}": (f"P{n % 4}", "10.0") for n in range(8)}
    for _ in range(5):
        for key in chance.sample(sorted(doses), 3):
            doses[key] = (doses[key][0], chance.choice(["10.0", "10.00", "12.5"]))
        doses[f"D{len(doses)}"] = (f"P{chance.randrange(4)}", "20.25")
        units = [made.clinic(), *(made.patient(f"P{n}") for n in range(4)), *(made.dose(k, *doses[k]) for k in doses)]
        run.limits = Limits(entries=chance.choice([1, 3, 10, 200]), threads=chance.choice([1, 3]))
        for _ in range(chance.randrange(3)):
            kapfhir_sandbox.fail_next(chance.choice([0, 409, 500, 502, 503]), after_commit=chance.random() < 0.5)
        report = run.sync(units)
        assert (report.error, report.refused, report.blocked) == (None, 0, 0)
        wanted = {(r["resourceType"], r["id"]): content_hash(exact.loads(exact.dumps(r))) for u in units for r in u.resources}
        assert {(r["resourceType"], r["id"]): content_hash(r) for r in kapfhir_sandbox.resources()} == wanted
        before = writes()
        assert run.sync(units).planned == {Sign.UNCHANGED: len(wanted)}
        fresh = run.fresh()
        fresh.path.unlink(missing_ok=True)
        assert fresh.sync(units).planned == {Sign.UNCHANGED: len(wanted)}
        assert writes() == before
