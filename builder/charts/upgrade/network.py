"""What an upgrade does to clients: ports, addresses, and who may connect at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from builder.charts.levels import ChartChange, Level
from builder.charts.objects import KubernetesObject, at, list_at

REACH = {"ExternalName": 0, "ClusterIP": 1, "NodePort": 2, "LoadBalancer": 3}
"""Type of a Service -> rank of how widely it can be reached."""
CLUSTER_IP = "ClusterIP"


def service_changes(
    name: str, old: KubernetesObject, new: KubernetesObject
) -> Iterator[ChartChange]:
    """Yield what follows from a change of a Service."""
    before, after = _ports(old), _ports(new)
    for port, named in before.items():
        if port not in after:
            yield ChartChange(Level.MAJOR, f"{name} no longer has the port {port}")
        elif named and after[port] != named:
            message = f"{name}: the port {port} is named {after[port] or 'nothing'} (was {named})"
            yield ChartChange(Level.MAJOR, message)
    for port in after:
        if port not in before:
            yield ChartChange(Level.MINOR, f"{name} also has the port {port}")
    types = _service_type(old), _service_type(new)
    if types[0] != types[1]:
        reaches_less = REACH.get(types[1], 0) < REACH.get(types[0], 0)
        level = Level.MAJOR if reaches_less else Level.MINOR
        yield ChartChange(level, f"{name} is a {types[1]} (was {types[0]})")
    if at(old, "spec.selector") != at(new, "spec.selector"):
        yield ChartChange(Level.MINOR, f"{name} selects pods by other labels")


def address_changes(
    name: str, old: KubernetesObject, new: KubernetesObject
) -> Iterator[ChartChange]:
    """Yield what follows from a change of an Ingress, an HTTPRoute, a Route or a VirtualService."""
    before, after = _addresses(old), _addresses(new)
    lost = [address for address in before if address not in after]
    more = [address for address in after if address not in before]
    if lost:
        yield ChartChange(Level.MAJOR, f"{name} no longer answers at {', '.join(lost)}")
    if more:
        yield ChartChange(Level.MINOR, f"{name} answers at {', '.join(more)}")
    secured = _is_secured(old), _is_secured(new)
    if secured[0] and not secured[1]:
        yield ChartChange(Level.MAJOR, f"{name} no longer answers over TLS")
    if secured[1] and not secured[0]:
        yield ChartChange(Level.MINOR, f"{name} answers over TLS")


def policy_changes(
    name: str, old: KubernetesObject, new: KubernetesObject
) -> Iterator[ChartChange]:
    """Yield what follows from a change of a NetworkPolicy: a rule that is gone, or that differs,
    refuses connections that were allowed.
    """
    other_pods = at(old, "spec.podSelector") != at(new, "spec.podSelector")
    types = list_at(old, "spec.policyTypes")
    more_types = any(kind not in types for kind in list_at(new, "spec.policyTypes"))
    rules = list(_rules(new))
    narrowed = any(rule not in rules for rule in _rules(old))
    if other_pods or more_types or narrowed:
        yield ChartChange(Level.MAJOR, f"{name} may refuse connections that it allowed")
    elif at(old, "spec") != at(new, "spec"):
        yield ChartChange(Level.MINOR, f"{name} allows more connections")


def _rules(policy: KubernetesObject) -> Iterator[tuple[str, object]]:
    for direction in ("ingress", "egress"):
        for rule in list_at(policy, f"spec.{direction}"):
            yield direction, rule


def _ports(service: KubernetesObject) -> Mapping[str, str]:
    """Return the names of a Service's ports by `<number>/<protocol>`."""
    ports: dict[str, str] = {}
    for port in list_at(service, "spec.ports"):
        if isinstance(port, Mapping):
            number = f"{port.get('port')}/{port.get('protocol') or 'TCP'}"
            ports[number] = str(port.get("name") or "")
    return ports


def _service_type(service: KubernetesObject) -> str:
    return str(at(service, "spec.type") or CLUSTER_IP)


def _addresses(one: KubernetesObject) -> list[str]:
    """Return `<host><path>` of all addresses that an object serves."""
    if one.get("kind") == "Ingress":
        return list(_ingress_addresses(one))
    if one.get("kind") == "HTTPRoute":
        return list(_http_route_addresses(one))
    if one.get("kind") == "VirtualService":
        return list(_virtual_service_addresses(one))
    host, path = at(one, "spec.host"), at(one, "spec.path")
    return [f"{host or '*'}{path or '/'}"]


def _ingress_addresses(ingress: KubernetesObject) -> Iterator[str]:
    for rule in list_at(ingress, "spec.rules"):
        host = at(rule, "host") or "*"
        for path in list_at(rule, "http.paths"):
            yield f"{host}{at(path, 'path') or '/'}"


def _http_route_addresses(route: KubernetesObject) -> Iterator[str]:
    hosts = list_at(route, "spec.hostnames") or ["*"]
    for rule in list_at(route, "spec.rules"):
        for match in list_at(rule, "matches") or [{}]:
            path = at(match, "path.value") or "/"
            for host in hosts:
                yield f"{host}{path}"


def _virtual_service_addresses(service: KubernetesObject) -> Iterator[str]:
    hosts = list_at(service, "spec.hosts") or ["*"]
    for route in list_at(service, "spec.http"):
        for match in list_at(route, "match") or [{}]:
            path = at(match, "uri.prefix") or at(match, "uri.exact") or "/"
            for host in hosts:
                yield f"{host}{path}"


def _is_secured(one: KubernetesObject) -> bool:
    return bool(at(one, "spec.tls"))
