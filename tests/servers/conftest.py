"""The suites find hapi.py and validate.py beside them."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
