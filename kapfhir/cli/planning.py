"""What `plan` and `sync` share: a plan from a command's options, its lines, its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import kapfhir
from kapfhir.config import Settings
from kapfhir.delivery import time_of_delivery
from kapfhir.errors import ConfigError, Exit, severest
from kapfhir.job import open_job
from kapfhir.sync.action import Action, Sign
from kapfhir.sync.plan import Plan

from .context import App
from .tally import Tally

NAMES = {
    Sign.UNCHANGED: "unchanged",
    Sign.CREATE: "create",
    Sign.UPDATE: "update",
    Sign.GONE: "retract",
    Sign.REFUSED: "refused",
}
WORDS = {
    Sign.UNCHANGED: "unchanged",
    Sign.CREATE: "to create",
    Sign.UPDATE: "to update",
    Sign.GONE: "gone from the source",
    Sign.REFUSED: "refused",
}
WHERE = "-v tells each of them; `kapfhir explain EXPORT TABLE:ROW` shows a row; docs/reference/problems.md says what to do"


@contextmanager
def open_plan(app: App, export: str, settings: Settings) -> Iterator[tuple[Plan, Tally]]:
    """A plan, with what was told on the way. ConfigError if no server is named."""
    if settings.server is None:
        raise ConfigError("no server is named", "give --server with an address or a name, or --profile")
    app.output.detail(f"server: {settings.server.url}")
    tally = Tally(app.output)
    with open_job(export, settings) as job:
        tally.count_rows(job)
        tally.engine = job.engine(until=time_of_delivery(job.export.newest))
        try:
            made = kapfhir.plan(job, settings.server, findings=tally.engine)
        finally:
            tally.finish_rows()
        with made as plan:
            _count(app, plan)
            for note in plan.notes:
                app.output.line("status", text=note)
                app.output.say(note)
            for problem in plan.problems():
                tally.add(problem)
            yield plan, tally


def show_actions(app: App, plan: Plan, signs: Iterable[Sign] = tuple(Sign)) -> None:
    """A line for each resource that has one of these signs; with --json for each that has any. -v tells unchanged ones, too."""
    actions = plan.actions(sign for sign in (Sign if app.output.as_json else signs) if app.verbose or sign is not Sign.UNCHANGED)
    if app.output.as_json:
        app.output.lines("action", map(_line, actions))
        return
    for action in actions:
        app.output.answer(str(action))


def end_of_plan(app: App, plan: Plan, tally: Tally) -> Exit:
    """The counts, the problems, and how a plan ends."""
    app.output.answer(count_line(plan.counts))
    tally.tell_left_out()
    tally.tell(WHERE)
    tell_left(app, plan)
    return severest([tally.exit, Exit.DIFFERS if plan.differs else Exit.DONE])


def tell_left(app: App, plan: Plan) -> None:
    """What an earlier run sent, and must not stay: a doubled dose is no success."""
    if plan.left:
        what = f"{plan.left:,} resource{'s' * (plan.left > 1)} of earlier runs should not be on the server any more"
        app.output.complain(f"{what}; delete them there in the order of the `-` lines, or mark them, each as its problem says")


def count_line(counts: Mapping[Sign, int]) -> str:
    return "plan: " + ", ".join(f"{sign} {counts.get(sign, 0):,} {WORDS[sign]}" for sign in Sign)


def _count(app: App, plan: Plan) -> None:
    counts = app.output.counts
    counts["records"], counts["rejected"], counts["requests"] = plan.records, plan.rejected, plan.requests
    counts["superseded"] = plan.left
    counts["resources"] = sum(count for sign, count in plan.counts.items() if sign is not Sign.GONE)
    for sign, name in NAMES.items():
        counts[name] = plan.counts[sign]


def _line(action: Action) -> dict[str, object]:
    return {
        "sign": str(action.sign),
        "action": NAMES[action.sign],
        "resource": f"{action.type}/{action.id}",
        "concept": action.concept,
        "table": action.place.table if action.place else "",
        "row": action.place.row if action.place else 0,
        "changed": list(action.changed),
        "code": action.code,
        "reason": action.reason,
    }
