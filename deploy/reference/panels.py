"""What the dashboards show: title, expressions with their legends, unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["short", "s", "ops", "reqps", "percentunit", "bytes", "Bps", "none"]


@dataclass(frozen=True)
class Panel:
    """`of` are expressions by legend; a stat shows one figure, red from `bad` on (below it when `low_is_bad`)."""

    title: str
    of: dict[str, str]
    unit: Unit = "short"
    kind: Literal["timeseries", "stat", "table"] = "timeseries"
    text: str = ""
    bad: float | None = None
    low_is_bad: bool = False
    stacked: bool = False


@dataclass(frozen=True)
class Dashboard:
    uid: str
    title: str
    text: str
    panels: tuple[Panel, ...]


def quantiles(metric: str, *by: str, where: str = "") -> dict[str, str]:
    """Median and 95th percentile of a histogram over five minutes."""
    groups = ", ".join(("le", *by))
    legend = " ".join(f"{{{{{label}}}}}" for label in by)
    return {
        f"{legend} p{number}".strip(): f"histogram_quantile({number / 100:g}, "
        f"sum by ({groups}) (rate({metric}_bucket{where}[5m])))"
        for number in (50, 95)
    }


OVERVIEW = Dashboard(
    "asinflow-overview",
    "Asinflow: overview",
    "Is it well, and does it do its work?",
    (
        Panel("Leaders", {"": "asinflow:leaders:count"}, "none", "stat", "One sweeper leads.", 1, low_is_bad=True),
        Panel("Processes", {"": 'count(up{job=~"asinflow.*"} == 1)'}, "none", "stat"),
        Panel("Items per second", {"": "sum(rate(asinflow_items_total[5m]))"}, "ops", "stat"),
        Panel(
            "Success of items",
            {"": "min(asinflow:items:success_ratio15m)"},
            "percentunit",
            "stat",
            "",
            0.95,
            low_is_bad=True,
        ),
        Panel("Failure store", {"": 'max(asinflow_documents{collection="failures"})'}, "short", "stat"),
        Panel(
            "Errors of requests",
            {"": "asinflow:http:error_ratio5m"},
            "percentunit",
            "stat",
            "The objective is 0.5 %.",
            0.005,
        ),
        Panel("Jobs that have not ended", {"{{status}}": "max by (status) (asinflow_jobs)"}, stacked=True),
        Panel("Oldest that waits", {"{{what}}": "max by (what) (asinflow_oldest_seconds)"}, "s"),
        Panel("Items", {"{{marketplace}} {{status}}": "asinflow:items:rate5m"}, "ops", stacked=True),
        Panel(
            "Messages by outcome",
            {"{{type}} {{outcome}}": "sum by (type, outcome) (asinflow:messages:rate5m)"},
            "ops",
        ),
        Panel(
            "Requests",
            {"{{route}} {{status}}": "sum by (route, status) (rate(asinflow_http_request_duration_seconds_count[5m]))"},
            "reqps",
        ),
        Panel("Time of requests", quantiles("asinflow_http_request_duration_seconds", "route"), "s"),
        Panel(
            "Error budget",
            {
                "5 minutes": "asinflow:http:error_ratio5m",
                "30 minutes": "asinflow:http:error_ratio30m",
                "1 hour": "asinflow:http:error_ratio1h",
                "6 hours": "asinflow:http:error_ratio6h",
            },
            "percentunit",
        ),
        Panel("Versions", {"": "count by (service, version, revision) (asinflow_build_info)"}, "none", "table"),
    ),
)

JOBS = Dashboard(
    "asinflow-jobs",
    "Asinflow: jobs",
    "How jobs go, from being taken in to their end.",
    (
        Panel("Taken in", {"{{type}}": "sum by (type) (rate(asinflow_api_jobs_accepted_total[5m]))"}, "ops"),
        Panel("Ended", {"{{status}}": "sum by (status) (rate(asinflow_jobs_ended_total[5m]))"}, "ops"),
        Panel("Time to the first product", quantiles("asinflow_job_first_product_seconds", "type"), "s"),
        Panel("Time until completed", quantiles("asinflow_job_seconds", "type"), "s"),
        Panel("Jobs that have not ended", {"{{status}}": "max by (status) (asinflow_jobs)"}, stacked=True),
        Panel(
            "Age of the outbox",
            {"{{what}}": 'max by (what) (asinflow_oldest_seconds{what=~"unsent_job|unannounced_end"})'},
            "s",
        ),
        Panel(
            "Without progress, not started",
            {"{{what}}": 'max by (what) (asinflow_oldest_seconds{what=~"job_without_progress|pending_job"})'},
            "s",
        ),
        Panel("Items counted", {"{{status}}": "sum by (status) (rate(asinflow_items_counted_total[5m]))"}, "ops"),
        Panel("Items handed out", {"": "sum(rate(asinflow_items_fed_total[5m]))"}, "ops"),
        Panel("Conflicts on ledgers", {"": "sum(rate(asinflow_ledger_conflicts_total[5m]))"}, "ops"),
        Panel("Live streams", {"{{instance}}": "asinflow_api_streams"}),
    ),
)

COLLECTORS = Dashboard(
    "asinflow-collectors",
    "Asinflow: collectors and pace",
    "Whether the pace is kept, used, and what marketplaces say to it.",
    (
        Panel(
            "Pace used",
            {"{{marketplace}}": "asinflow:pace:used_ratio5m"},
            "percentunit",
            text="While work waits it should be near 100 %.",
        ),
        Panel("Interval in force", {"{{marketplace}}": "max by (marketplace) (asinflow_pace_interval_seconds)"}, "s"),
        Panel(
            "Slots",
            {"{{marketplace}} {{outcome}}": "sum by (marketplace, outcome) (rate(asinflow_pace_slots_total[5m]))"},
            "ops",
        ),
        Panel("Lateness in a slot", quantiles("asinflow_pace_slot_lag_seconds"), "s"),
        Panel("Share of time blocked", {"{{marketplace}}": "asinflow:marketplace:blocked_ratio15m"}, "percentunit"),
        Panel(
            "Rest of the pause", {"{{marketplace}}": "max by (marketplace) (asinflow_marketplace_pause_seconds)"}, "s"
        ),
        Panel(
            "Answers",
            {"{{marketplace}} {{status}}": "sum by (marketplace, status) (rate(asinflow_fetches_total[5m]))"},
            "reqps",
        ),
        Panel("Time of a fetch", quantiles("asinflow_fetch_seconds", "marketplace"), "s"),
        Panel(
            "Bytes of pages",
            {"{{marketplace}}": "sum by (marketplace) (rate(asinflow_fetched_bytes_total[5m]))"},
            "Bps",
        ),
        Panel(
            "In hand",
            {"{{queue}}": 'sum by (queue) (asinflow_messages_in_flight{queue=~"collector.*"})'},
        ),
        Panel(
            "Processor time", {"{{instance}}": 'rate(process_cpu_seconds_total{job=~"asinflow.*"}[5m])'}, "percentunit"
        ),
        Panel("Memory", {"{{instance}}": 'process_resident_memory_bytes{job=~"asinflow.*"}'}, "bytes"),
    ),
)

PAGES = Dashboard(
    "asinflow-pages",
    "Asinflow: pages",
    "What pages turn out to be, and whether their fields are found.",
    (
        Panel(
            "Pages", {"{{marketplace}} {{kind}}": "sum by (marketplace, kind) (rate(asinflow_pages_total[5m]))"}, "ops"
        ),
        Panel("Share that looks changed", {"{{marketplace}}": "asinflow:pages:drift_ratio30m"}, "percentunit"),
        Panel("Fields found", {"{{marketplace}} {{field}}": "asinflow:fields:coverage30m"}, "percentunit"),
        Panel(
            "Fields found least",
            {"{{field}}": "bottomk(10, min by (field) (asinflow:fields:coverage30m))"},
            "percentunit",
            "table",
        ),
        Panel(
            "Rules that answer for the price",
            {"{{rule}}": 'sum by (rule) (rate(asinflow_fields_total{field="price"}[5m]))'},
            "ops",
            stacked=True,
        ),
        Panel("Time to parse", quantiles("asinflow_parse_seconds", "kind"), "s"),
    ),
)

SERVERS = Dashboard(
    "asinflow-servers",
    "Asinflow: broker and database",
    "Queues, waits, and the two servers that everything rests on.",
    (
        Panel("Messages ready", {"{{queue}}": "sum by (queue) (rabbitmq_detailed_queue_messages_ready)"}),
        Panel("Messages unacknowledged", {"{{queue}}": "sum by (queue) (rabbitmq_detailed_queue_messages_unacked)"}),
        Panel("Consumers", {"{{queue}}": "sum by (queue) (rabbitmq_detailed_queue_consumers)"}),
        Panel("Wait in the queue", {"{{queue}}": "asinflow:message_wait_seconds:p95_10m"}, "s"),
        Panel("Held by a process", quantiles("asinflow_message_seconds", "type"), "s"),
        Panel("Time of a batch", quantiles("asinflow_batch_seconds", "queue"), "s"),
        Panel("Published", {"{{type}}": "sum by (type) (rate(asinflow_messages_published_total[5m]))"}, "ops"),
        Panel(
            "Dead and retried",
            {"{{queue}} {{outcome}}": 'asinflow:messages:rate5m{outcome=~"dead|retry"} or vector(0)'},
            "ops",
        ),
        Panel("Connections made again", {"{{instance}}": "rate(asinflow_broker_reconnects_total[5m])"}, "ops"),
        Panel("Memory of RabbitMQ", {"{{instance}}": "rabbitmq_process_resident_memory_bytes"}, "bytes"),
        Panel(
            "Commands to MongoDB",
            {"{{command}}": "sum by (command) (rate(asinflow_database_command_seconds_count[5m]))"},
            "ops",
        ),
        Panel("Time of commands", quantiles("asinflow_database_command_seconds", "command"), "s"),
        Panel("Documents", {"{{collection}}": "max by (collection) (asinflow_documents)"}),
        Panel(
            "Connected",
            {
                "{{instance}} RabbitMQ": "asinflow_broker_connected",
                "{{instance}} MongoDB": "asinflow_database_connected",
            },
            "none",
        ),
        Panel("Lateness of event loops", {"{{instance}}": "asinflow:event_loop_lag_seconds:p99_5m"}, "s"),
        Panel("Messages that could not be handled", {"": "asinflow:failures:growth15m"}),
    ),
)

DASHBOARDS = (OVERVIEW, JOBS, COLLECTORS, PAGES, SERVERS)
