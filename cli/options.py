"""Options that several commands share, so that they are named and explained alike."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, errors included.")]
JobId = Annotated[str, typer.Argument(metavar="JOB", help="Id of the job.", show_default=False)]
Marketplace = Annotated[
    str | None,
    typer.Option("--marketplace", "-m", metavar="M", help="For example amazon.co.jp.", show_default="the API's own"),
]
ProductArgument = Annotated[
    str, typer.Argument(metavar="ASIN", help="ASIN, ISBN-10 or product address.", show_default=False)
]
