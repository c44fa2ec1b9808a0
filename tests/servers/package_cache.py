"""The FHIR package cache from which both validators work without a network.

It holds: the R4 core definitions (`ig/packages/`, in the repository), three packages from npm, empty stand-ins for what these depend
on, short lists of codes of systems that no package holds, and our own definitions (`ig/*.json`).
"""

import csv
import json
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path

from jvm import HERE, is_built, mark_built, require_tools, run_tool

IG = HERE.parent.parent / "ig"
TARGET = HERE / "validator" / "target"
HOME = TARGET / "home"
PACKAGES = HOME / ".fhir" / "packages"

TERMINOLOGY = ("hl7.terminology.r4", "7.0.1")
EXTENSIONS = ("hl7.fhir.uv.extensions.r4", "5.3.0-ballot-tc1")
FROM_NPM = (TERMINOLOGY, EXTENSIONS, ("hl7.fhir.xver-extensions", "0.1.0"))
US_CORE = ("hl7.fhir.us.core", "6.1.0")
OWN = ("org.kapfhir.ig", "1.0.0")
SYSTEMS = ("local.offline.systems", "0.1.0")
STANDINS = ("local.offline.standins", "0.1.0")

# The official validator's code names these versions, which npm does not have: npm's content is held under that label, too.
PINNED = {("hl7.terminology.r4", "6.2.0"): TERMINOLOGY, ("hl7.fhir.uv.extensions.r4", "5.2.0"): EXTENSIONS}
# It asks for these by name alone; the .r4 packages hold the same content.
ASKED_BY_NAME = (("hl7.terminology", "6.2.0"), ("hl7.fhir.uv.extensions", "5.2.0"))

# For the official validator only; HAPI's knows these systems by itself. A list says that it is complete, so that a bare code (a MIME
# type, a unit) is checked at all: a code that is sent and not listed is then an error, so list it here.
CODES = {
    "urn:ietf:bcp:13": ["text/plain; charset=utf-8", "text/csv", "application/fhir+json"],
    "https://www.usps.com/": (
        "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD "
        "TN TX UT VT VA WA WV WI WY AS GU MP PR VI UM"
    ).split(),
    "http://unitsofmeasure.org": (
        "1 % kg g mg ug ng mg/kg ug/kg mg/kg/h ug/kg/min mg/min mg/h mL/h mL/min mg/mL mL L cm m [in_i] [lb_av] kg/m2 s min h d wk mo a mm[Hg] kPa "
        "U/L g/dL mg/dL ng/mL mmol/L "
        "/min {beats}/min {breaths}/min Cel [degF] {score}"
    ).split(),
}


# For both: what US Core builds on and no package here holds. Sex at birth is bound to two value sets of the National Library of
# Medicine; the profile of answers comes from SDC, whose extensions of items must be known before an item's own can be looked at.
VSAC = "http://cts.nlm.nih.gov/fhir/ValueSet/"
VALUE_SETS = {
    f"{VSAC}2.16.840.1.113762.1.4.1": ("http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender", ("F", "M")),
    f"{VSAC}2.16.840.1.113762.1.4.1021.103": ("http://terminology.hl7.org/CodeSystem/v3-NullFlavor", ("ASKU", "OTH", "UNK")),
}
SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
SDC_EXTENSIONS = ("sdc-questionnaire-itemMedia", "sdc-questionnaire-itemAnswerMedia")


def package_folder(package: tuple[str, str]) -> Path:
    return PACKAGES / "#".join(package)


def _unpack(archive: Path) -> dict:
    with tarfile.open(archive) as tar:
        described = json.load(tar.extractfile("package/package.json"))
        folder = package_folder((described["name"], described["version"]))
        shutil.rmtree(folder, ignore_errors=True)
        tar.extractall(folder, filter="data")
    return described


def _alias(wanted: tuple[str, str], held: tuple[str, str]) -> None:
    shutil.rmtree(package_folder(wanted), ignore_errors=True)
    shutil.copytree(package_folder(held), package_folder(wanted))
    path = package_folder(wanted) / "package" / "package.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": wanted[1]}))


def _write_package(package: tuple[str, str], resources: Iterable[dict]) -> None:
    """One package of these conformance resources; without any it is an empty stand-in."""
    shutil.rmtree(package_folder(package), ignore_errors=True)
    folder = package_folder(package) / "package"
    folder.mkdir(parents=True)
    described = {"name": package[0], "version": package[1], "tools-version": 3, "type": "IG", "fhirVersions": ["4.0.1"]}
    described |= {"canonical": f"https://kapfhir.org/offline/{package[0]}", "title": package[0], "dependencies": {}}
    files = []
    for resource in resources:
        name = f"{resource['resourceType']}-{resource['id']}.json"
        (folder / name).write_text(json.dumps(resource))
        files.append({"filename": name, **{key: resource[key] for key in ("resourceType", "id", "url", "version")}})
    (folder / "package.json").write_text(json.dumps(described))
    (folder / ".index.json").write_text(json.dumps({"index-version": 2, "files": files}))


def _listed(table: str) -> dict[str, str]:
    """The codes of a table that maps may name, with their displays: this validator knows none by itself."""
    with (IG.parent / "mappings" / "codes" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return {row["standard"]: row["display"] for row in csv.DictReader(file)}


def _code_systems() -> Iterable[dict]:
    systems = {url: dict.fromkeys(codes, "") for url, codes in CODES.items()} | {"urn:ietf:bcp:47": _listed("language")}
    systems["urn:ietf:bcp:13"] |= _listed("media-type")
    for number, (url, codes) in enumerate(systems.items()):
        head = {
            "resourceType": "CodeSystem",
            "id": f"offline-{number}",
            "url": url,
            "version": "0.1.0",
            "name": f"Offline{number}",
        }
        yield head | {
            "status": "active",
            "content": "complete",
            "caseSensitive": True,
            "concept": [{"code": c} | ({"display": d} if d else {}) for c, d in codes.items()],
        }


def _stand_ins() -> Iterable[dict]:
    for number, (url, (system, codes)) in enumerate(VALUE_SETS.items()):
        head = {"resourceType": "ValueSet", "id": f"offline-{number}", "url": url, "version": "0.1.0", "name": f"Offline{number}"}
        yield head | {"status": "active", "compose": {"include": [{"system": system, "concept": [{"code": c} for c in codes]}]}}
    for name in SDC_EXTENSIONS:
        head = {"resourceType": "StructureDefinition", "id": name, "url": f"{SDC}{name}", "version": "0.1.0"}
        head |= {"name": "".join(part.capitalize() for part in name.split("-")), "status": "active", "fhirVersion": "4.0.1"}
        head |= {"kind": "complex-type", "abstract": False, "context": [{"type": "element", "expression": "Element"}]}
        head |= {"type": "Extension", "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension"}
        elements = [{"id": "Extension.url", "path": "Extension.url", "fixedUri": f"{SDC}{name}"}]
        yield head | {"derivation": "constraint", "differential": {"element": elements}}


def load_from_npm() -> list[Path]:
    """The archives of the three npm packages, fetched by npm when they are not there yet."""
    folder = TARGET / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    archives = []
    for name, version in FROM_NPM:
        archive = folder / f"{name}-{version}.tgz"
        if not archive.exists():
            require_tools("npm")
            run_tool("npm", "pack", "--silent", "--pack-destination", folder, f"{name}@{version}", timeout_s=300)
        archives.append(archive)
    return archives


def build_cache() -> None:
    """Builds the cache anew, unless it stands already for these packages; our own definitions and tables are put in every time."""
    archives = [*sorted((IG / "packages").glob("*.tgz")), *load_from_npm()]
    stamp = HOME / "built"
    if not is_built(stamp, Path(__file__), *archives):
        shutil.rmtree(HOME, ignore_errors=True)
        PACKAGES.mkdir(parents=True)
        held, wanted = set(), set()
        for archive in archives:
            described = _unpack(archive)
            held.add((described["name"], described["version"]))
            wanted |= set((described.get("dependencies") or {}).items())
        for package, source in PINNED.items():
            _alias(package, source)
        for package in (*ASKED_BY_NAME, *(wanted - held - PINNED.keys())):
            _write_package(package, ())
        (PACKAGES / "packages.ini").write_text("[cache]\r\nversion = 3\r\n\r\n[urls]\r\n\r\n[local]\r\n\r\n[packages]\r\n")
        settings = {"prohibitNetworkAccess": True, "ignoreDefaultPackageServers": True}
        (HOME / ".fhir" / "fhir-settings.json").write_text(json.dumps(settings))
        mark_built(stamp, Path(__file__), *archives)
    _write_package(SYSTEMS, _code_systems())
    _write_package(STANDINS, _stand_ins())
    _write_package(OWN, (json.loads(path.read_text()) for path in sorted(IG.glob("*.json"))))
