"""Azure pipelines, read by Microsoft's language service, the published schema and this project's own graph check."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from . import azure_conditions, azure_graph, azure_schema, document, tools
from .report import Report


def language_service(files: Sequence[Path]) -> list[Report]:
    """Microsoft's Azure Pipelines language service."""
    return tools.language_service("azure-language-service", "azure.mjs", files, str(azure_schema.path()))


def schema(files: Sequence[Path]) -> list[Report]:
    """The published JSON schema of pipelines."""
    read = [document.read(file) for file in files]
    return [report for one in read for report in one.reports("azure-schema", azure_schema.findings(one))]


def graph(files: Sequence[Path]) -> list[Report]:
    """Names, dependencies, conditions, outputs, environments and artifacts."""
    read = [document.read(file) for file in files]
    checks = (azure_graph.findings, azure_conditions.findings)
    return [report for one in read for check in checks for report in one.reports("azure-graph", check(one))]
