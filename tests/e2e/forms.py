"""Which form of the tests runs: the short one with every `make test`, the long one when it is asked for."""

import os

LONG = os.environ.get("ASINFLOW_E2E_LONG") == "1"
WHY_NOT = "takes minutes; ASINFLOW_E2E_LONG=1 runs it"
