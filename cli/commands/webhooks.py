"""`asinflow webhooks`: where events are sent, and what became of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.client import calls
from cli.commands.jobs import limit_option, say_deleted, show
from cli.completing import one_of, value_of
from cli.options import Json
from cli.output import Column, print_fields, print_json, print_table
from cli.session import session_of
from cli.text import age
from cli.wishes import changes, given

app = typer.Typer()
webhooks = typer.Typer(help="Have events sent to an address of yours; see what became of them.", no_args_is_help=True)
app.add_typer(webhooks, name="webhooks")


def _last(delivery: dict[str, Any]) -> str:
    if not delivery["log"]:
        return ""
    last = delivery["log"][-1]
    return str(last["error"] or last["status"])


COLUMNS: tuple[Column[dict[str, Any]], ...] = (
    Column("WEBHOOK", lambda webhook: webhook["id"]),
    Column("STATE", lambda webhook: "on" if webhook["enabled"] else "off"),
    Column("EVENTS", lambda webhook: " ".join(webhook["events"]), wraps=True),
    Column("ADDRESS", lambda webhook: webhook["url"], flexible=True),
    Column("REASON", lambda webhook: webhook["disabled_reason"] or "", wide=True),
)
DELIVERIES: tuple[Column[dict[str, Any]], ...] = (
    Column("DELIVERY", lambda delivery: delivery["id"]),
    Column("TYPE", lambda delivery: delivery["type"]),
    Column("STATE", lambda delivery: delivery["state"]),
    Column("TRIES", lambda delivery: delivery["attempts"], align="right"),
    Column("AGE", lambda delivery: age(delivery["created_at"]), align="right"),
    Column("LAST", _last, flexible=True, wide=True),
)
ATTEMPTS: tuple[Column[dict[str, Any]], ...] = (
    Column("AT", lambda attempt: attempt["at"]),
    Column("STATUS", lambda attempt: attempt["status"], align="right"),
    Column("MS", lambda attempt: attempt["milliseconds"], align="right"),
    Column("ERROR", lambda attempt: attempt["error"], flexible=True),
    Column("ANSWER", lambda attempt: attempt["answer"], flexible=True, wide=True),
)
WebhookId = Annotated[str, typer.Argument(metavar="WEBHOOK", help="Id of the webhook.", show_default=False)]
DeliveryId = Annotated[str, typer.Argument(metavar="DELIVERY", help="Id of the delivery.", show_default=False)]
Progress = Annotated[
    list[int] | None,
    typer.Option("--progress", metavar="PERCENT", help="When job.progressed is sent; may be given again."),
]
_EVENT = value_of("UserEventType")
Events = Annotated[
    list[str],
    typer.Option("--event", metavar="TYPE", help="What is sent; may be given again.", autocompletion=_EVENT),
]


@webhooks.command("list")
def list_webhooks(ctx: typer.Context, as_json: Json = False) -> None:
    """List your webhooks, the newest first."""
    with session_of(ctx).api() as api:
        show(COLUMNS, api.listed(calls.webhooks()), "There is no webhook.", as_json=as_json)


@webhooks.command()
def create(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="https, and of the open internet.", show_default=False)],
    *,
    events: Events,
    progress: Progress = None,
    description: Annotated[str, typer.Option(metavar="TEXT", help="For yourself.")] = "",
    as_json: Json = False,
) -> None:
    """Make a webhook; its secret is shown this once."""
    with session_of(ctx).api() as api:
        wanted = given({"url": url, "events": events, "progress": progress or None, "description": description})
        _tell(api.ask(calls.create_webhook(wanted)), as_json=as_json)


@webhooks.command("show")
def show_webhook(ctx: typer.Context, webhook_id: WebhookId, as_json: Json = False) -> None:
    """Show a webhook; its secrets are never shown again."""
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.webhook(webhook_id)), as_json=as_json)


@webhooks.command()
def change(
    ctx: typer.Context,
    webhook_id: WebhookId,
    *,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Where to from now on.")] = None,
    events: Annotated[
        list[str] | None, typer.Option("--event", metavar="TYPE", help="All that is sent.", autocompletion=_EVENT)
    ] = None,
    progress: Progress = None,
    description: Annotated[str | None, typer.Option(metavar="TEXT", help="For yourself.")] = None,
    as_json: Json = False,
) -> None:
    """Change where a webhook leads or what is sent to it."""
    wanted = {"url": url, "events": events or None, "progress": progress or None, "description": description}
    changed = changes(wanted, example="asinflow webhooks change WEBHOOK --event job.completed")
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.change_webhook(webhook_id, **changed)), as_json=as_json)


@webhooks.command()
def delete(ctx: typer.Context, webhook_id: WebhookId, as_json: Json = False) -> None:
    """Delete a webhook with its deliveries."""
    with session_of(ctx).api() as api:
        api.ask(calls.delete_webhook(webhook_id))
    say_deleted(webhook_id, as_json=as_json)


@webhooks.command()
def on(ctx: typer.Context, webhook_id: WebhookId, as_json: Json = False) -> None:
    """Switch a webhook on again."""
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.change_webhook(webhook_id, enabled=True)), as_json=as_json)


@webhooks.command()
def off(ctx: typer.Context, webhook_id: WebhookId, as_json: Json = False) -> None:
    """Switch a webhook off."""
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.change_webhook(webhook_id, enabled=False)), as_json=as_json)


@webhooks.command()
def rotate(
    ctx: typer.Context,
    webhook_id: WebhookId,
    *,
    overlap: Annotated[float, typer.Option(metavar="HOURS", help="For so long the old secret signs as well.")] = 24.0,
    drop: Annotated[
        str | None,
        typer.Option(
            metavar="present|previous",
            help="While two secrets sign already: the one that stops at once.",
            autocompletion=one_of("present", "previous"),
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Replace a webhook's secret; the new one is shown this once."""
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.rotate_secret(webhook_id, overlap_hours=overlap, drop=drop)), as_json=as_json)


@webhooks.command()
def ping(ctx: typer.Context, webhook_id: WebhookId, as_json: Json = False) -> None:
    """Send an event of type ping to a webhook."""
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.ping_webhook(webhook_id)), as_json=as_json)


@webhooks.command()
def deliveries(
    ctx: typer.Context,
    webhook_id: WebhookId,
    *,
    state: Annotated[
        str | None,
        typer.Option(metavar="S", help="pending, delivered or failed.", autocompletion=value_of("DeliveryState")),
    ] = None,
    limit: Annotated[int, limit_option(50)] = 50,
    as_json: Json = False,
) -> None:
    """List what was sent to a webhook or is to be, the newest first."""
    with session_of(ctx).api() as api:
        found = api.listed(calls.deliveries(webhook_id, state=state, limit=limit or None))
        show(DELIVERIES, found, "Nothing was sent to it.", as_json=as_json)


@webhooks.command()
def delivery(ctx: typer.Context, webhook_id: WebhookId, delivery_id: DeliveryId, as_json: Json = False) -> None:
    """Show a delivery with its body and its last attempts."""
    with session_of(ctx).api() as api:
        found = api.ask(calls.delivery(webhook_id, delivery_id))
    _tell(found, as_json=as_json)
    if not as_json:
        print_table(ATTEMPTS, found["log"], "It was not sent yet.")


@webhooks.command()
def replay(ctx: typer.Context, webhook_id: WebhookId, delivery_id: DeliveryId, as_json: Json = False) -> None:
    """Send a delivery again, as the same message."""
    with session_of(ctx).api() as api:
        _tell(api.ask(calls.replay_delivery(webhook_id, delivery_id)), as_json=as_json)


def _tell(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        lists = {name: " ".join(map(str, found[name])) for name in ("events", "progress") if name in found}
        print_fields({name: value for name, value in found.items() if not isinstance(value, dict | list)} | lists)
