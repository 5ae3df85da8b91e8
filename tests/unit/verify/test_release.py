from __future__ import annotations

from typing import Any

import pytest

from builder.errors import BuilderError
from builder.verify.release import _ended, _hopeless, _moment, _port_names, _rolled_out, eventually


@pytest.mark.parametrize(
    ("found", "done"),
    [
        (
            {
                "metadata": {"generation": 1},
                "spec": {"replicas": 1},
                "status": {"observedGeneration": 1},
            },
            False,
        ),
        (
            {
                "metadata": {"generation": 1},
                "spec": {"replicas": 1},
                "status": {"observedGeneration": 1, "replicas": 1},
            },
            False,
        ),
        (
            {
                "metadata": {"generation": 1},
                "spec": {"replicas": 0},
                "status": {"observedGeneration": 1},
            },
            True,
        ),
        ({"metadata": {"generation": 1}, "spec": {}, "status": {}}, False),
    ],
)
def test_what_has_not_rolled_out(found: dict[str, Any], done: bool) -> None:  # noqa: FBT001  a parameter of the test
    assert _rolled_out(found) is done


def test_pods_of_a_former_form_do_not_count() -> None:
    ready = {"replicas": 2, "readyReplicas": 2}
    spec = {"replicas": 2}
    assert not _rolled_out(
        {
            "metadata": {"generation": 2},
            "spec": spec,
            "status": {"observedGeneration": 1, "updatedReplicas": 2, **ready},
        }
    )
    assert not _rolled_out(
        {
            "metadata": {"generation": 2},
            "spec": spec,
            "status": {"observedGeneration": 2, "updatedReplicas": 1, **ready},
        }
    )
    assert _rolled_out(
        {
            "metadata": {"generation": 2},
            "spec": spec,
            "status": {"observedGeneration": 2, "updatedReplicas": 2, **ready},
        }
    )


def pod(**status: object) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "status": status}


def test_what_waiting_does_not_mend_is_named() -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
    assert list(_hopeless(pod(containerStatuses=[{"state": waiting}]), late=False)) == [
        "p: ImagePullBackOff: no such image"
    ]
    assert (
        list(
            _hopeless(
                pod(containerStatuses=[{"state": {"waiting": {"reason": "ContainerCreating"}}}]),
                late=True,
            )
        )
        == []
    )
    ended = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
    found = list(
        _hopeless(
            pod(
                initContainerStatuses=[
                    {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended}
                ]
            ),
            late=False,
        )
    )
    assert found == ["p: CrashLoopBackOff:  (it ended with 137: OOMKilled)"]


def test_a_pod_that_no_node_takes_is_given_time() -> None:
    unplaced = pod(
        conditions=[
            {
                "type": "PodScheduled",
                "status": "False",
                "reason": "Unschedulable",
                "message": "Insufficient memory",
            }
        ]
    )
    assert list(_hopeless(unplaced, late=False)) == []
    assert list(_hopeless(unplaced, late=True)) == ["p: Unschedulable: Insufficient memory"]


def test_a_pod_that_the_scheduler_tries_again_is_waited_for() -> None:
    conflict = {"type": "PodScheduled", "status": "False", "reason": "SchedulerError"}
    assert list(_hopeless(pod(conditions=[conflict]), late=True)) == []


@pytest.mark.parametrize(
    ("conditions", "ended"),
    [
        ([], False),
        ([{"type": "Complete", "status": "False"}], False),
        ([{"type": "Complete", "status": "True"}], True),
    ],
)
def test_a_job_is_waited_for(conditions: list[dict[str, str]], *, ended: bool) -> None:
    assert _ended({"metadata": {"name": "j"}, "status": {"conditions": conditions}}) is ended


def test_a_job_that_failed() -> None:
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "x"}
    with pytest.raises(BuilderError, match="j: BackoffLimitExceeded: x"):
        _ended({"metadata": {"name": "j"}, "status": {"conditions": [failed]}})


def test_events_are_told_by_their_last_moment() -> None:
    created = {"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}}
    assert (
        _moment(created)
        < _moment({**created, "lastTimestamp": "2026-01-02T00:00:00Z"})
        < _moment({**created, "eventTime": "2026-01-03T00:00:00.5Z"})
    )


def test_what_does_not_come_true_is_said() -> None:
    with pytest.raises(
        BuilderError, match=r"timed out after 0 s waiting until the moon is blue \(no moon\)"
    ):
        eventually("the moon is blue", lambda: _raise(OSError("no moon")), patience=0)
    assert eventually("it is", lambda: [1]) == [1]


def _raise(error: Exception) -> bool:
    raise error


def test_a_port_is_known_by_its_name_and_its_number() -> None:
    container = {"ports": [{"name": "http", "containerPort": 8888}, {"containerPort": 4040}]}
    assert _port_names(container, "http") == _port_names(container, 8888) == {"http", 8888}
    assert _port_names(container, 4040) == {4040}
    assert _port_names({}, 80) == {80}
