"""Runs both HL7 validators over FHIR JSON and NDJSON files, offline, with our own definitions (`ig/`) loaded.

python tests/servers/validate.py FILE...

Ends with 1 on any error, and on any warning that no rule of validator/warnings.toml explains. A missing java, mvn or npm is a failure.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jvm import HERE, is_built, mark_built, require_tools, run_tool
from package_cache import EXTENSIONS, HOME, OWN, STANDINS, SYSTEMS, TERMINOLOGY, US_CORE, build_cache, package_folder

PROJECT = HERE / "validator"
TARGET = PROJECT / "target"
RULES = PROJECT / "warnings.toml"
HEAP = "-Xmx2g"
WITHIN_S = 3600
SHOWN = 5  # examples of each class


@dataclass(frozen=True, slots=True)
class Rule:
    """A warning that is known: `pattern` finds it in the message, `reason` says why nothing follows from it."""

    name: str
    pattern: re.Pattern[str]
    reason: str


@dataclass(frozen=True, slots=True)
class Issue:
    validator: str
    source: str
    severity: str
    location: str
    kind: str
    message: str

    @property
    def is_error(self) -> bool:
        return self.severity in ("error", "fatal")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one validator said of all files."""

    validator: str
    resources: int
    issues: list[Issue]


def load_rules() -> list[Rule]:
    return [Rule(r["name"], re.compile(r["pattern"]), r["reason"]) for r in tomllib.loads(RULES.read_text())["rule"]]


def build() -> None:
    """Gets the validators' jars from Maven, compiles Validate.java, builds the package cache; what stands already is left alone."""
    require_tools("java", "javac", "mvn", "npm")
    for pom, lib in (("pom.xml", "lib"), ("pom-official.xml", "lib-official")):
        stamp = TARGET / f"{lib}.built"
        if not is_built(stamp, PROJECT / pom):
            goal = "dependency:copy-dependencies"
            run_tool("mvn", "-q", "-B", "-f", PROJECT / pom, goal, f"-DoutputDirectory={TARGET / lib}", cwd=PROJECT)
            mark_built(stamp, PROJECT / pom)
    stamp, sources = TARGET / "classes.built", (PROJECT / "Validate.java", PROJECT / "pom.xml")
    if not is_built(stamp, *sources):
        (TARGET / "classes").mkdir(exist_ok=True)
        run_tool("javac", "-nowarn", "-d", TARGET / "classes", "-cp", TARGET / "lib" / "*", PROJECT / "Validate.java")
        mark_built(stamp, *sources)
    build_cache()


def _run_java(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["java", HEAP, *map(str, arguments)], capture_output=True, text=True, timeout=WITHIN_S)


def run_hapi_validator(files: list[Path], *, closed: bool = False, raw: bool = False) -> Finding:
    """HAPI's FhirInstanceValidator (Validate.java): one JSON line per resource. `closed`: each reference leads to a resource of `files`.
    `raw`: the lines of NDJSON files are handed over as they are written; else they are parsed and printed anew, which drops nulls."""
    packages = [
        part for package in (TERMINOLOGY, EXTENSIONS, STANDINS, US_CORE, OWN) for part in ("-ig", package_folder(package))
    ]
    done = _run_java(
        f"-Duser.home={HOME}",
        "-cp",
        f"{TARGET / 'classes'}:{TARGET / 'lib' / '*'}",
        "Validate",
        *packages,
        *(["-must-resolve"] if closed else []),
        *(["-raw"] if raw else []),
        *files,
    )
    if done.returncode != 0:
        raise RuntimeError(f"HAPI's validator ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    issues = [
        Issue("hapi", line["source"], i["severity"], i.get("location", ""), i.get("messageId") or "no-message-id", i["message"])
        for line in lines
        for i in line["issues"]
    ]
    return Finding("hapi", len(lines), issues)


def read_resources(files: list[Path]) -> Iterator[tuple[str, str]]:
    """(source, text) of every resource; the text is the file's own, so that a validator sees decimals as written."""
    for file in files:
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".ndjson":
            yield from ((f"{file}:{number}", line) for number, line in enumerate(text.splitlines(), 1) if line.strip())
        else:
            yield str(file), text


def run_official_validator(files: list[Path]) -> Finding:
    """HL7's own validator: it drops equal findings of later NDJSON lines, so it is given one file per resource."""
    with tempfile.TemporaryDirectory() as folder:
        sources = {}
        inputs = Path(folder, "in")
        inputs.mkdir()
        for number, (source, text) in enumerate(read_resources(files)):
            (inputs / f"{number:06}.json").write_text(text, encoding="utf-8")
            sources[f"{number:06}.json"] = source
        result = Path(folder, "result.json")
        igs = [part for package in (OWN, EXTENSIONS, STANDINS, US_CORE, SYSTEMS) for part in ("-ig", "#".join(package))]
        done = _run_java(
            *(f"-Duser.home={HOME}", "-cp", TARGET / "lib-official" / "*", "org.hl7.fhir.validation.ValidatorCli", inputs),
            *("-version", "4.0.1", "-tx", "n/a", *igs, "-txCache", Path(folder, "tx"), "-allow-example-urls", "true"),
            *("-best-practice", "ignore", "-assumeValidRestReferences", "-show-message-ids", "-output", result),
        )
        if not result.exists():
            raise RuntimeError(
                f"HL7's validator ended with {done.returncode}, no result\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
            )
        outcome = json.loads(result.read_text(encoding="utf-8"))
    outcomes = [entry["resource"] for entry in outcome["entry"]] if outcome["resourceType"] == "Bundle" else [outcome]
    if len(outcomes) != len(sources):  # a file that it passed over must not count as valid
        raise RuntimeError(
            f"HL7's validator was given {len(sources)} resources and answered for {len(outcomes)}\n{done.stdout[-4000:]}"
        )
    return Finding("official", len(outcomes), [i for o in outcomes for i in _parse_outcome(o, sources)])


def _parse_outcome(outcome: dict, sources: dict[str, str]) -> Iterator[Issue]:
    extensions = {
        e["url"].rsplit("/", 1)[-1]: next((v for k, v in e.items() if k != "url"), "") for e in outcome.get("extension", ())
    }
    source = sources[Path(extensions["operationoutcome-file"]).name]
    for issue in outcome["issue"]:
        details = {
            e["url"].rsplit("/", 1)[-1]: next((v for k, v in e.items() if k != "url"), "") for e in issue.get("extension", ())
        }
        kind = str(details.get("operationoutcome-message-id", "no-message-id"))
        location = (issue.get("expression") or [""])[0]
        yield Issue("official", source, issue["severity"], location, kind, issue["details"]["text"])


def report(findings: list[Finding], rules: list[Rule]) -> int:
    """Prints the table. Returns the number of errors and unexplained warnings."""
    found = 0
    for finding in findings:
        known: Counter[str] = Counter()
        errors = [i for i in finding.issues if i.is_error]
        warnings = []
        for issue in (i for i in finding.issues if i.severity == "warning"):
            rule = next((r for r in rules if r.pattern.search(issue.message)), None)
            if rule is None:
                warnings.append(issue)
            else:
                known[rule.name] += 1
        found += len(errors) + len(warnings)
        total = sum(known.values())
        print(f"\n{finding.validator}: {finding.resources} resources, {len(errors)} errors, {len(warnings)} unexplained warnings")
        print(f"  {total:7} explained warnings" + ("" if total == 0 else ", by rule:"))
        for name, count in sorted(known.items()):
            print(f"  {count:7} {name}")
        for (severity, kind), count in sorted(Counter((i.severity, i.kind) for i in errors + warnings).items()):
            print(f"  {count:7} {severity.upper()} {kind}")
            for issue in [i for i in errors + warnings if (i.severity, i.kind) == (severity, kind)][:SHOWN]:
                print(f"          {issue.source} {issue.location}: {issue.message[:400]}")
    return found


def validate(files: list[Path], *, closed: bool = False) -> int:
    """Both validators over all files. Returns the number of errors and unexplained warnings."""
    build()
    absolute = [file.resolve(strict=True) for file in files]
    return report([run_hapi_validator(absolute, closed=closed), run_official_validator(absolute)], load_rules())


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    return 1 if validate([Path(argument) for argument in arguments]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
