"""What alerts and board ask Prometheus."""
import json
import pathlib
import re

import yaml

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"


def alerts():
    """{name of the alert: expression}"""
    groups = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


def board():
    return json.loads((DEPLOY / "grafana/dashboards/tidemark.json").read_text())


def panels():
    """[(title, expression)], the board's variable replaced as Grafana does for "All"."""
    return [(panel["title"], target["expr"].replace("$pipeline", ".*")) for panel in board()["panels"] for target in panel["targets"]]


def metrics():
    """Names as the table of metrics has them: of a histogram without _bucket, _sum, _count."""
    texts = [*alerts().values(), *(expression for _, expression in panels()), board()["templating"]["list"][0]["query"]]
    names = {name for text in texts for name in re.findall(r"\btidemark_\w+", text)}
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}
