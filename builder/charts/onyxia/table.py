"""All rules, in the order of what happens to a chart that breaks them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from builder.charts.onyxia.model import Consequence, Found, Severity
from builder.charts.onyxia.rules import (
    chart,
    compute,
    form,
    injection,
    later,
    page,
    ranges,
    refused,
    silent,
    slotted,
)
from builder.charts.onyxia.subject import Subject

Check = Callable[[Subject], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a chart must do, what becomes of it otherwise, and the function that looks."""

    id: str
    consequence: Consequence
    check: Check
    severity: Severity = "error"

    @property
    def text(self) -> str:
        """The rule, in a sentence: the function's docstring."""
        return inspect.getdoc(self.check) or ""


def _rules(consequence: Consequence, *rules: tuple[str, Check]) -> tuple[Rule, ...]:
    severity: Severity = "warning" if consequence is Consequence.SILENT else "error"
    return tuple(Rule(name, consequence, check, severity) for name, check in rules)


RULES: Final[tuple[Rule, ...]] = (
    *_rules(
        Consequence.PAGE,
        ("schema-json", page.schema_json),
        ("node-object", page.node_object),
        ("node-type", page.node_type),
        ("type-name", page.type_name),
        ("x-onyxia-hidden", page.onyxia_hidden),
        ("x-onyxia-shape", page.onyxia_shape),
        ("required-shape", page.required_shape),
        ("items-shape", page.items_shape),
        ("render-name", page.render_name),
        ("title-shape", page.title_shape),
        ("hidden-shape", page.hidden_shape),
        ("keyword-shape", page.keyword_shape),
        ("reference", page.reference),
    ),
    *_rules(
        Consequence.VALUES,
        ("values-root", compute.values_root),
        ("schema-root", compute.schema_root),
        ("no-value", compute.no_value),
        ("values-yaml", compute.values_yaml),
        ("object-value", compute.object_value),
        ("min-items", compute.min_items),
        ("const-value", compute.const_value),
        ("pattern-javascript", compute.pattern_javascript),
        ("slot-values", compute.slot_values),
    ),
    *_rules(
        Consequence.FORM,
        ("list-options", form.list_options),
        ("slider-type", form.slider_type),
        ("slider-bounds", form.slider_bounds),
        ("slider-unit", form.slider_unit),
        ("slider-render", form.slider_render),
        ("slider-number", form.slider_number),
        ("root-properties", form.root_properties),
        ("range-id", ranges.range_id),
        ("range-pair", ranges.range_pair),
        ("range-hidden", ranges.range_hidden),
        ("range-step", ranges.range_step),
        ("range-steps", ranges.range_steps),
        ("range-unit", ranges.range_unit),
        ("range-order", ranges.range_order),
        ("pattern-unicode", form.pattern_unicode),
        ("options-empty", form.options_empty),
        ("options-repeated", form.options_repeated),
        ("schema-dialect", form.schema_dialect),
        ("schema-id", form.schema_id),
        ("schema-meta", later.schema_meta),
    ),
    # It depends on what a region sets, which no chart can know.
    Rule("range-request", Consequence.FORM, ranges.range_request, "warning"),
    *_rules(
        Consequence.LATER,
        ("range-group", ranges.range_group),
        ("item-default", later.item_default),
        ("item-removal", later.item_removal),
    ),
    *_rules(
        Consequence.LAUNCH,
        ("launch-value", later.launch_value),
        ("slider-pattern", later.slider_pattern),
    ),
    *_rules(
        Consequence.REFUSED,
        ("options-wider", refused.options_wider),
        ("values-extra", refused.values_extra),
        ("values-refused", refused.values_refused),
        ("pattern-helm", refused.pattern_helm),
        ("chart-yaml", refused.chart_yaml),
        ("chart-name-length", refused.chart_name_length),
        ("chart-name", refused.chart_name),
        ("chart-version", refused.chart_version),
        ("chart-folder", refused.chart_folder),
    ),
    # It depends on the administrator, who may give another schema.
    Rule("slot-wider", Consequence.REFUSED, refused.slot_wider, "warning"),
    *_rules(
        Consequence.SILENT,
        ("schema-missing", chart.schema_missing),
        ("suspend", chart.suspend),
        ("object-default", injection.object_default),
        ("default-refused", silent.default_refused),
        ("injection-refused", injection.injection_refused),
        ("context-path", injection.context_path),
        ("embedded-path", injection.embedded_path),
        ("expression-syntax", injection.expression_syntax),
        ("options-injected", injection.options_injected),
        ("options-dropped", silent.options_dropped),
        ("enum-beside-list", silent.enum_beside_list),
        ("hidden-path", silent.hidden_path),
        ("hidden-value", silent.hidden_value),
        ("slider-dropped", silent.slider_dropped),
        ("range-title", ranges.range_title),
        ("keyword-ignored", silent.keyword_ignored),
        ("keyword-dead", silent.keyword_dead),
        ("keyword-unknown", silent.keyword_unknown),
        ("region-slider-config", silent.region_slider),
        ("x-onyxia-unknown", silent.onyxia_unknown),
        ("slot-unknown", slotted.slot_unknown),
        ("slot-root", slotted.slot_root),
        ("slot-nested", slotted.slot_nested),
        ("slot-shadows", slotted.slot_shadows),
        ("dependency-condition", chart.dependency_condition),
        ("notes-password", chart.notes_password),
        ("notes-url", chart.notes_url),
        ("chart-prerelease", chart.chart_prerelease),
        ("chart-card", chart.chart_card),
    ),
)

NAMES: Final = tuple(rule.id for rule in RULES)


def markdown() -> str:
    """Return the rules as a document."""
    lines = [
        "# Onyxia's rules",
        "",
        (
            "What Onyxia's web application (5.5) and API ask of a chart, as `catalog chart lint`"
            " checks it. Each chart's values are computed as the"
        ),
        (
            "application computes them, in four contexts: everything there; a group project on"
            " OpenShift with anonymous S3; a minimal platform"
        ),
        "without S3, Vault and Git; the next release of the application.",
        "",
        "This file is written by `catalog chart lint --rules --markdown`.",
    ]
    for consequence in Consequence:
        lines += [
            "",
            f"## {consequence[0].upper()}{consequence[1:]}",
            "",
            "| rule | | |",
            "|---|---|---|",
        ]
        lines += [
            f"| `{rule.id}` | {rule.severity} | {_cell(rule.text)} |"
            for rule in RULES
            if rule.consequence is consequence
        ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
