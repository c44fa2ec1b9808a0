"""The house rules that no other tool checks. Import contracts, types and lint have commands of their own (`make lint`)."""

import ast
import csv
import re
import subprocess
import sys
from pathlib import Path

from kapfhir.advice import INVARIANT, all_advice

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = sorted((ROOT / "kapfhir").rglob("*.py"))
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
TOLD_BY = {
    "say",
    "_say",
    "tell",
    "_tell",
    "Problem",
    "Bad",
    "_bad",
    "Doubt",
    "require",
    "ImpossibleError",
    "TableError",
    "Fault",
    "_lost",
}
PLACE = {"tell": 0, "Problem": 3}  # which argument is the code; elsewhere the first that looks like one
FOREIGN = (  # what names the machine on which this was made, or a host that only an installer needs to know
    re.compile(r"(?<![\w.])/(work|home|Users|root)/\w"),
    re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|repo\d*\.maven|central\.sonatype|jfrog|nexus\."),
    re.compile(r"file:///(?!\{)"),
)
TELLING = {"model", "sources", "mapping", "sync", "fhir", "pipeline.py", "showing.py"}
NO_PROBLEM = {  # words with hyphens that are no problem codes: encodings, parsers, codes of FHIR
    *("utf-8", "utf-8-sig", "dose-text", "pressure-text", "muscat-24-48", "krystal-48", "batch-response", "transaction-response"),
    *(
        "no-cache",
        "allergyintolerance-verification",
        "entered-in-error",
        "problem-list-item",
        "open-choice",
        "named-event",
        "vital-signs",
        "condition-ver-status",
        "us-core",
    ),
    *("kap-dosing-administration", "kap-dosing-session", "kap-integration-encounter", "kap-scale-score"),  # our profiles
    *("original-order", "reflex-order", "filler-order", "instance-order"),
}
EXCUSED = {"tests/house/test_house.py"}


def test_files_are_short():
    written = [*PACKAGE, *(p for folder in ("fixtures", "docs", "ig", "tests") for p in (ROOT / folder).rglob("*.py"))]
    long = {str(p.relative_to(ROOT)): n for p in written if (n := len(p.read_text(encoding="utf-8").splitlines())) > 350}
    assert long == {}


def test_faces_of_inner_rooms_are_empty():
    faces = [p for p in PACKAGE if p.name == "__init__.py" and p.parent.name != "kapfhir"]
    assert len(faces) > 5
    assert [str(p.relative_to(ROOT)) for p in faces if p.stat().st_size] == []


def test_every_module_says_what_it_is_for():
    silent = [
        str(p.relative_to(ROOT))
        for p in PACKAGE
        if p.stat().st_size and not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_no_machine_and_no_registry_is_named():
    found = []
    for name in _tracked():
        path = ROOT / name
        if name in EXCUSED or not path.is_file():
            continue
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # packages, workbooks and files in other encodings on purpose
        found += [f"{name}:{n}" for n, line in enumerate(lines, 1) if any(rule.search(line) for rule in FOREIGN)]
    assert found == []


def test_every_problem_code_has_its_advice():
    lacking = {code: places for code, places in _codes().items() if code not in all_advice() and not INVARIANT.fullmatch(code)}
    assert lacking == {}


def test_no_problem_code_hides():
    """In the rooms that tell problems, a word with hyphens is a problem code, a code of a table, or one of the few in NO_PROBLEM."""
    known = (
        all_advice().keys()
        | NO_PROBLEM
        | {cell for path in (ROOT / "mappings/codes").glob("*.csv") for row in _rows(path) for cell in row}
    )
    hidden = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in PACKAGE
        if path.relative_to(ROOT / "kapfhir").parts[0] in TELLING and not path.name.startswith("compile_")
        for node in _texts(path)
        if "-" in node.value and CODE.fullmatch(node.value) and node.value not in known and not INVARIANT.fullmatch(node.value)
    ]
    assert hidden == []


def test_no_advice_is_left_over():
    used = {node.value for path in PACKAGE for node in _texts(path)}
    assert sorted(all_advice().keys() - used) == []


def test_the_generated_pages_are_up_to_date():
    done = subprocess.run([sys.executable, ROOT / "docs/generate.py", "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def _tracked():
    """The files of the repository; without git, as in an unpacked archive, those that are there."""
    git = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if git.returncode == 0:
        return git.stdout.splitlines()
    skip = {".venv", ".git", "build", "dist", "node_modules"}
    return [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file() and not skip & set(p.relative_to(ROOT).parts)]


def _texts(path):
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [n for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def _rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _codes():
    """Every problem code that a call in kapfhir tells, with the places."""
    out = {}
    for path in PACKAGE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (code := _code_of(node)):
                for one in code:
                    out.setdefault(one, []).append(f"{path.relative_to(ROOT)}:{node.lineno}")
    return out


def _code_of(call):
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in TOLD_BY:
        return []
    place = PLACE.get(name)
    arguments = call.args if place is None else call.args[place : place + 1]
    for argument in (*arguments, *(k.value for k in call.keywords if k.arg == "code")):
        branches = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        texts = [b.value for b in branches if isinstance(b, ast.Constant) and isinstance(b.value, str)]
        if texts and all(CODE.fullmatch(t) for t in texts):
            return texts
    return []
