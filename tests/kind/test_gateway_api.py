"""What `catalog chart verify` knows of HTTPRoute is what the Gateway API says of it, as far as it
goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from builder.documents import from_json
from builder.verify.manifests import OWN
from tests.kind import controllers

pytestmark = [
    pytest.mark.kind,
    pytest.mark.whole("the Gateway API's definitions come with Contour, which is compiled"),
]
LIMITS = {
    "type",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "required",
}
STRICTER = {
    ("spec.rules", "minItems"): "a route without rules leads nowhere",
    ("spec.rules[].matches[].path.value", "pattern"): "the API says it in a rule of its own",
    ("spec.rules[].backendRefs", "minItems"): "a rule that leads nowhere answers with 500",
    ("spec.rules[].backendRefs[]", "required"): "a Service takes a port, by a rule of its own",
}


def differences(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], place: str
) -> Iterator[tuple[str, str]]:
    """Yield where a schema has another limit than the API, and which."""
    for limit in sorted(LIMITS):
        if ours.get(limit) != theirs.get(limit):
            yield place, limit
    for name, option in ours.get("properties", {}).items():
        if name in theirs.get("properties", {}):
            yield from differences(option, theirs["properties"][name], f"{place}.{name}")
        else:
            yield f"{place}.{name}", "is not in the API"
    if "items" in ours:
        yield from differences(ours["items"], theirs["items"], f"{place}[]")


def test_an_http_route_is_what_the_api_says() -> None:
    documents = yaml.safe_load_all((controllers.compiled() / "gateway-api.yaml").read_text())
    (api,) = [one for one in documents if one and one["spec"]["names"]["kind"] == "HTTPRoute"]
    (version,) = [one for one in api["spec"]["versions"] if one["name"] == "v1"]
    theirs = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    ours = from_json((OWN / "HTTPRoute.json").read_bytes())["properties"]["spec"]
    assert set(differences(ours, theirs, "spec")) == STRICTER.keys()
