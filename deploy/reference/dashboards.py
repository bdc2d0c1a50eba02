"""deploy/grafana/dashboards: the JSON that Grafana is provisioned with."""

from __future__ import annotations

import json
from typing import Any

from deploy.reference.panels import Dashboard, Panel

_SOURCE = {"type": "prometheus", "uid": "prometheus"}
_WIDTH = {"timeseries": 12, "stat": 4, "table": 12}
_HEIGHT = {"timeseries": 8, "stat": 4, "table": 8}
_COLUMNS = 24


def document(dashboard: Dashboard) -> str:
    """The dashboard as its file is to be."""
    content = {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.text,
        "tags": ["asinflow"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["asinflow"], "title": "Asinflow", "asDropdown": True}],
        "panels": _placed(dashboard.panels),
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _placed(panels: tuple[Panel, ...]) -> list[dict[str, Any]]:
    """From left to right, then the next row."""
    placed: list[dict[str, Any]] = []
    x = y = row = 0
    for number, panel in enumerate(panels, 1):
        width, height = _WIDTH[panel.kind], _HEIGHT[panel.kind]
        if x + width > _COLUMNS or (row and height != row):
            x, y = 0, y + row
        row = height
        placed.append({"id": number, "gridPos": {"x": x, "y": y, "w": width, "h": height}, **_panel(panel)})
        x += width
    return placed


def _panel(panel: Panel) -> dict[str, Any]:
    targets = [
        {
            "refId": chr(ord("A") + place),
            "datasource": _SOURCE,
            "expr": expression,
            "legendFormat": legend or "__auto",
            **({"format": "table", "instant": True} if panel.kind == "table" else {}),
        }
        for place, (legend, expression) in enumerate(panel.of.items())
    ]
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.kind == "timeseries" and panel.stacked:
        defaults["custom"] = {"stacking": {"mode": "normal"}, "fillOpacity": 30}
    if panel.bad is not None:
        good, bad = ("red", "green") if panel.low_is_bad else ("green", "red")
        defaults["thresholds"] = {
            "mode": "absolute",
            "steps": [{"color": good, "value": None}, {"color": bad, "value": panel.bad}],
        }
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": targets,
    }
