"""`make test-servers`: the contract suite and the demo on a real HAPI server, then both HL7 validators over all that is sent,
and HL7's verdict beside ours on resources with one fault each.

One JVM at a time. Ends with 1 when anything failed; java, mvn or npm missing is a failure.
"""

import subprocess
import sys

import hapi
import validate
from jvm import HERE

ROOT = HERE.parent.parent
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider")


def run_pytest(*arguments: str) -> bool:
    print(f"== pytest {' '.join(arguments)}", flush=True)
    return subprocess.run([*PYTEST, *arguments], cwd=ROOT, check=False).returncode == 0


def main() -> int:
    print("== building the HAPI server and the validators", flush=True)
    hapi.build()
    validate.build()
    with hapi.Hapi() as server:
        contract = run_pytest("tests/contract", "--server", server.url)
    suites = run_pytest("tests/servers/hapi_suite.py", "tests/servers/validator_suite.py")
    verdicts = run_pytest("-rP", "tests/servers/mutation_suite.py")
    return 0 if contract and suites and verdicts else 1


if __name__ == "__main__":
    sys.exit(main())
