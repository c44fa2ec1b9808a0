"""Our verdict and that of HL7's validator on every mutant: is there an error, or none?

python tests/servers/verdicts.py [FILE]

Writes the report, by class of fault and by type, with every difference; ends with 1 below 98 % of the same verdict.
"""

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import validate
from mutations import Mutant, make_mutants

from kapfhir.fhir.validate import check_text

LEAST = 98  # percent
REPORT = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "validation-differences.md"
HEAD = """# Where our verdict differs from HL7's validator

Resources of every type that we send, with one planted fault each, judged by `kapfhir.validate` and by HL7's validator: is there an
error, or none? Made by `python tests/servers/verdicts.py`. How the faults are planted, and what follows from the differences, is
told in [How resources are checked](validation.md#measured-against-hl7).

"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first error of each side; empty if there is none."""

    mutant: Mutant
    ours: str
    theirs: str

    @property
    def same(self) -> bool:
        return bool(self.ours) == bool(self.theirs)


def judge(mutants: list[Mutant]) -> list[Verdict]:
    """Both verdicts on all mutants. A mutant that we met before is answered the quick way, where that can answer; it counts."""
    validate.build()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "mutants.ndjson")
        file.write_bytes(b"".join(mutant.text + b"\n" for mutant in mutants))
        found = validate.run_hapi_validator([file], raw=True)
    assert found.resources == len(mutants), "HL7's validator has not answered for each"
    theirs: dict[int, str] = {}
    for issue in found.issues:
        if issue.is_error:
            theirs.setdefault(
                int(issue.source.rpartition(":")[2]) - 1, issue.kind.removeprefix("http://hl7.org/fhir/StructureDefinition/")
            )
    return [Verdict(mutant, _ours(mutant), theirs.get(number, "")) for number, mutant in enumerate(mutants)]


def _ours(mutant: Mutant) -> str:
    for _ in range(3):  # until the shapes of its parts are compiled
        check_text(mutant.text)
    return next((problem.code for problem in check_text(mutant.text) if problem.severity == "error"), "")


def percent(verdicts: Iterable[Verdict]) -> float:
    judged = list(verdicts)
    return 100 * sum(v.same for v in judged) / len(judged)


def report(verdicts: list[Verdict]) -> str:
    """The report as Markdown."""
    faulty = [v for v in verdicts if v.mutant.kind]
    sound = len(verdicts) - len(faulty)
    first = f"{sum(v.same for v in faulty)} of {len(faulty)} mutants have the same verdict: **{percent(faulty):.2f} %**."
    second = f"Of the {sound} resources before the change, {sum(v.same for v in verdicts if not v.mutant.kind)} have."
    lines = [HEAD + f"{first} {second}", ""]
    lines += [*_table("class of fault", faulty, lambda v: v.mutant.kind), "", *_table("type", faulty, lambda v: v.mutant.type)]
    lines += ["", "## Each difference", "", "| type | class | fault | element | HL7 | ours |", "|---|---|---|---|---|---|"]
    lines += sorted(_row(v) for v in verdicts if not v.same)
    return "\n".join(lines) + "\n"


def _table(title: str, verdicts: list[Verdict], name_of) -> Iterator[str]:
    groups: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[name_of(verdict)].append(verdict)
    yield f"| {title} | mutants | same verdict | error to HL7 only | error to us only |"
    yield "|---|---|---|---|---|"
    for name, group in sorted(groups.items()):
        counts = Counter((bool(v.ours), bool(v.theirs)) for v in group)
        same = counts[True, True] + counts[False, False]
        yield f"| {name} | {len(group)} | {same} | {counts[False, True]} | {counts[True, False]} |"


def _row(verdict: Verdict) -> str:
    mutant = verdict.mutant
    cells = (mutant.type, mutant.kind or "none", mutant.way, f"`{mutant.path}`", verdict.theirs or "-", verdict.ours or "-")
    return f"| {' | '.join(cells)} |"


def main(arguments: list[str]) -> int:
    verdicts = judge(make_mutants())
    text = report(verdicts)
    (Path(arguments[0]) if arguments else REPORT).write_text(text, encoding="utf-8")
    found = percent(v for v in verdicts if v.mutant.kind)
    print(f"{found:.2f} % of {sum(bool(v.mutant.kind) for v in verdicts)} mutants have the same verdict")
    return 1 if found < LEAST else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
