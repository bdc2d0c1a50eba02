"""Every command, what it is for and where it lives; reading this loads none of them."""

from __future__ import annotations

from dataclasses import dataclass

JOBS, PRODUCTS, OPERATORS, MACHINE, TOOLS = "Jobs", "Products", "Operators", "This machine", "Tools"


@dataclass(frozen=True, slots=True)
class Entry:
    """A top-level command: its module below `cli.commands`, its help in one line, its panel in the overview."""

    module: str
    panel: str
    help: str


COMMANDS: dict[str, Entry] = {
    "submit": Entry("submit", JOBS, "Submit a job: ASINs, a list in a file, a page that lists products, or a search."),
    "watch": Entry("watch", JOBS, "Follow a job live until it ends."),
    "top": Entry(
        "top",
        JOBS,
        "Watch all your jobs on one screen, live: how far, how fast, how long still, and what they wait for.",
    ),
    "jobs": Entry("jobs", JOBS, "List your jobs, newest first."),
    "job": Entry("jobs", JOBS, "Show one job with its figures."),
    "items": Entry("jobs", JOBS, "List the items of a job and what became of each."),
    "errors": Entry("outcomes", JOBS, "Show why items of a job failed, and how many in which way."),
    "results": Entry(
        "outcomes", JOBS, "List the products of a job, in its order; `asinflow export results` writes them all."
    ),
    "audit": Entry(
        "outcomes", JOBS, "Count a job's items anew and compare: total = succeeded + failed + cancelled + remaining."
    ),
    "trace": Entry(
        "trace", JOBS, "Show a job's timeline: what was done to it, when, by whom and why; and its trace id."
    ),
    "cancel": Entry("life", JOBS, "Cancel a job; what is already collected stays."),
    "pause": Entry("life", JOBS, "Stop a job for a while: within a second nothing more of it is fetched."),
    "resume": Entry("life", JOBS, "Let a paused job go on where it stood, as soon as there is room for it."),
    "retry": Entry("life", JOBS, "Try failed items of an ended job again, in a new run; other outcomes stay."),
    "recollect": Entry("life", JOBS, "Collect those products of an ended job anew that were seen too long ago."),
    "priority": Entry("life", JOBS, "Change a job's place among your own, while it waits and while it runs."),
    "delete": Entry("life", JOBS, "Delete an ended job; the products that it collected stay."),
    "products": Entry("products", PRODUCTS, "List collected products, or those whose price has changed."),
    "product": Entry("product", PRODUCTS, "Show a product; mark it, note something, or forget it."),
    "stats": Entry("stats", PRODUCTS, "Show your jobs and products in figures."),
    "history": Entry("products", PRODUCTS, "Show what a product's price did."),
    "profit": Entry("profit", PRODUCTS, "Work out what a resale costs, should cost and leaves."),
    "reprice": Entry(
        "reprice",
        PRODUCTS,
        "Work all prices of an ended job out anew, with other rates, margin or costs; nothing is fetched.",
    ),
    "schedules": Entry("schedules", JOBS, "Have jobs made by the clock; see what each found changed."),
    "webhooks": Entry("webhooks", JOBS, "Have events sent to an address of yours; see what became of them."),
    "export": Entry("export", PRODUCTS, "Write products, or what became of a job, as CSV, NDJSON or Parquet."),
    "failures": Entry("failures", OPERATORS, "Look at messages nobody could handle; retry or delete them."),
    "queues": Entry("queues", OPERATORS, "Show what waits in the broker's queues."),
    "pace": Entry("pace", OPERATORS, "Show how often each marketplace may be asked, and which are paused."),
    "services": Entry("pace", OPERATORS, "Show whether each kind of process is there."),
    "samples": Entry("samples", OPERATORS, "List pages that were kept because their layout seems to have changed."),
    "up": Entry("local", MACHINE, "Start the whole system on this machine and leave it running."),
    "status": Entry("local", MACHINE, "Show the programs of the local system."),
    "down": Entry("local", MACHINE, "Stop the local system."),
    "local": Entry("local", MACHINE, "Start and stop single programs of the local system."),
    "demo": Entry("local", MACHINE, "Start the system, run a job of each type, show the results, stop it again."),
    "api": Entry("processes", MACHINE, "Run the HTTP API and the dashboard in the foreground."),
    "expander": Entry("processes", MACHINE, "Run the expander: turns a job into items, feeds them in windows."),
    "collector": Entry("processes", MACHINE, "Run a collector: fetches, reads and stores products."),
    "aggregator": Entry("processes", MACHINE, "Run the aggregator: counts outcomes, exactly once each."),
    "sweeper": Entry("processes", MACHINE, "Run the sweeper: heals what was lost, expires what is stuck."),
    "migrate": Entry("migrate", TOOLS, "Bring the database to the shape of this release."),
    "parse": Entry("parse", TOOLS, "Show what the parser makes of a saved or kept page, as one JSON object."),
    "token": Entry("token", TOOLS, "Sign a bearer token for a user, with ASINFLOW_JWT_SECRET or the local one."),
    "profiles": Entry("profiles", TOOLS, "Name the APIs that you talk to, and choose one."),
    "completion": Entry("completion", TOOLS, "Print what makes your shell complete commands, options and job ids."),
    "settings": Entry("settings", TOOLS, "Show every setting with its type, default and meaning."),
}
