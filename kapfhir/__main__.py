"""`python -m kapfhir` is `kapfhir`."""

from kapfhir.cli.main import main

main()
