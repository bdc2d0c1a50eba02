"""`asinflow samples`: pages that were kept because their layout seems to have changed."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.client import calls
from cli.commands.jobs import limit_option, show
from cli.documents import PageSample
from cli.options import Json, Marketplace
from cli.output import Column
from cli.session import session_of
from cli.text import age

app = typer.Typer()

COLUMNS: tuple[Column[PageSample], ...] = (
    Column("SAMPLE", lambda sample: sample["id"]),
    Column("ASIN", lambda sample: sample["asin"]),
    Column("MISSING", lambda sample: " ".join(sample["missing"]) or "everything", wraps=True),
    Column("BYTES", lambda sample: f"{sample['size']:,}", align="right", wide=True),
    Column("AGE", lambda sample: age(sample["at"]), align="right"),
    Column("ADDRESS", lambda sample: sample["url"], flexible=True, wide=True),
)


@app.command()
def samples(
    ctx: typer.Context,
    *,
    reason: Annotated[
        str | None, typer.Option(metavar="R", help="fields_missing, last_resort, changed_layout or malformed.")
    ] = None,
    marketplace: Marketplace = None,
    limit: Annotated[int, limit_option(50)] = 50,
    as_json: Json = False,
) -> None:
    """List pages that were kept because their layout seems to have changed.

    The newest first; your token needs the scope operator, which the local one has. What the parser makes of one shows
    `asinflow parse --sample SAMPLE --why`.
    """
    with session_of(ctx).api(operator=True) as api:
        found = api.listed(calls.page_samples(marketplace=marketplace, reason=reason, limit=limit or None))
        show(COLUMNS, found, "No page was kept.", as_json=as_json)
