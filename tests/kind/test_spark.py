"""Spark as a user of a notebook has it: the driver in the notebook, executors as pods, files in the
object store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import requests

from builder.tools.kubectl import Manifest
from builder.verify.release import eventually
from tests.kind.cluster import Release
from tests.kind.conftest import RESTRICTED, Launcher
from tests.kind.jupyter import Jupyter, Kernel
from tests.kind.services import NAMESPACE, S3, Outside

pytestmark = [pytest.mark.kind, pytest.mark.whole("Spark is heavy")]
CHART = "jupyter-pyspark"
SPARK = "/usr/local/lib/spark"
SMALL = {
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "600m",
    "spark.executor.cores": "1",
    "spark.kubernetes.executor.request.cores": "0.1",
    "spark.kubernetes.driver.request.cores": "0.1",
    "spark.dynamicAllocation.initialExecutors": "1",
    "spark.dynamicAllocation.maxExecutors": "2",
    "spark.dynamicAllocation.executorIdleTimeout": "5s",
    "spark.dynamicAllocation.schedulerBacklogTimeout": "1s",
}
CONNECT = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.remote('sc://localhost').getOrCreate()
print(spark.range(1000).selectExpr('sum(id)').first()[0])
"""
SERVERS = {
    "connect-server": f'python -c "{CONNECT}"',
    "thriftserver": (
        "beeline --silent=true --outputformat=tsv2 --showHeader=false"
        " -u jdbc:hive2://localhost:10000 -e 'select sum(id) from range(1000)' 2>/dev/null"
    ),
}
"""What asks each server for a sum."""
SESSION = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
"""


@pytest.fixture(scope="module")
def release(launch: Launcher, s3: S3, outside: Outside) -> Release:
    history = f"s3a://{s3.bucket}/history"
    # A directory of the store is there with its first file.
    events = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": history,
        "spark.history.fs.logDirectory": history,
    }
    values = {
        "s3": s3.values,
        "certificates": {"cacerts": outside.authority},
        "spark": {"ui": True, "userConfig": SMALL | events},
        "security": {"sudo": False},
        "resources": {"requests": {"cpu": "50m", "memory": "1Gi"}, "limits": {"memory": "4Gi"}},
    }
    started = launch(CHART, "spark", values, RESTRICTED).started()
    started.run(f"python -c \"import s3fs; s3fs.S3FileSystem().touch('{s3.bucket}/history/x')\"")
    return started


@pytest.fixture(scope="module")
def kernel(release: Release) -> Iterator[Kernel]:
    with release.forward() as address:
        jupyter = Jupyter(address, release.password)
        with jupyter.kernel("python3") as started:
            started.run(SESSION)
            yield started


def executors(release: Release) -> list[Manifest]:
    """Return the pods of executors that run."""
    pods = release.cluster.list("pods", RESTRICTED, "spark-role=executor")
    return [pod for pod in pods if pod["status"]["phase"] == "Running"]


def can(release: Release, verb: str, resource: str) -> bool:
    """Tell whether the service may do something with the Kubernetes API, which it asks itself."""
    asked = {"namespace": RESTRICTED, "verb": verb, "resource": resource}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked},
    }
    folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    said = release.run(
        f'curl -fsS --cacert {folder}/ca.crt -H "Authorization: Bearer $(cat {folder}/token)"'
        " -H 'Content-Type: application/json' --data @-"
        " https://kubernetes.default.svc/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        stdin=json.dumps(review),
    )
    return bool(json.loads(said)["status"]["allowed"])


def test_the_service_may_make_pods_and_what_belongs_to_them_alone(release: Release) -> None:
    for resource in ("pods", "services", "configmaps", "persistentvolumeclaims"):
        assert can(release, "create", resource), resource
    for resource in ("deployments", "secrets", "rolebindings", "jobs"):
        assert not can(release, "create", resource), resource
    assert not can(release, "get", "secrets")


def test_executors_are_pods_of_the_same_image(release: Release, kernel: Kernel) -> None:
    used = kernel.run("""
import socket, time
def where(_):
    time.sleep(3)
    return socket.gethostname()
hosts = set(spark.sparkContext.parallelize(range(40), 40).map(where).collect())
print(*sorted(hosts), sep="\\n")
""").split()
    assert len(used) == 2, "work that waits makes a second executor"
    assert release.pod not in used
    pods = {pod["metadata"]["name"]: pod for pod in executors(release)}
    assert set(used) <= pods.keys()
    service = release.cluster.get("pod", release.pod, RESTRICTED)
    (image,) = {container["image"] for container in service["spec"]["containers"]}
    for name in used:
        (container,) = pods[name]["spec"]["containers"]
        assert container["image"] == image
        (owner,) = pods[name]["metadata"]["ownerReferences"]
        assert owner["name"] == release.pod, "executors go with the notebook's pod"


def test_executors_go_when_nothing_is_to_be_done(release: Release, kernel: Kernel) -> None:
    kernel.run("spark.range(10).count()")
    eventually("one executor is left", lambda: len(executors(release)) == 1)


def test_executors_trust_what_the_service_trusts(kernel: Kernel) -> None:
    told = kernel.run("""
import os, re, subprocess
def authorities(_):
    (store,) = re.findall(r"-Djavax.net.ssl.trustStore=(\\S+)", os.environ["JAVA_TOOL_OPTIONS"])
    argv = ["keytool", "-list", "-keystore", store, "-storepass", "changeit"]
    return [subprocess.run(argv, capture_output=True, text=True, check=True).stdout]
(told,) = spark.sparkContext.parallelize([0], 1).mapPartitions(authorities).collect()
print("onyxia-" in told)
""")
    assert told.strip() == "True"


def test_files_are_written_and_read_in_the_object_store(kernel: Kernel, s3: S3) -> None:
    said = kernel.run(f"""
import json, s3fs
path = "s3a://{s3.bucket}/numbers"
spark.range(1000).repartition(4).write.mode("overwrite").parquet(path)
print(spark.read.parquet(path).selectExpr("sum(id)").first()[0])
with s3fs.S3FileSystem().open("{s3.bucket}/numbers/_SUCCESS") as file:
    print(json.load(file)["committer"])
""")
    assert said.split() == ["499500", "magic"]


def test_a_job_outlives_an_object_store_that_is_away_for_a_while(
    release: Release, kernel: Kernel, s3: S3
) -> None:
    job = f"""
def slow(number):
    time.sleep(5)
    return (number,)
path = "s3a://{s3.bucket}/slow"
numbers = spark.sparkContext.parallelize(range(8), 8).map(slow)
numbers.toDF(["id"]).write.mode("overwrite").parquet(path)
print(spark.read.parquet(path).selectExpr("sum(id)").first()[0])
"""
    kernel.run("import time; spark.range(10).count()")
    with ThreadPoolExecutor() as pool:
        said = pool.submit(kernel.run, job)
        wait([said], timeout=10)
        assert not said.done(), said.result()
        release.cluster.kubectl("exec", "s3", "--namespace", NAMESPACE, "--", "pkill", "weed")
        assert said.result().split() == ["28"]


def test_the_driver_has_an_interface(release: Release, kernel: Kernel) -> None:
    name = kernel.run("print(spark.sparkContext.applicationId)").strip()
    with release.reach(release.fullname, 4040) as address:
        found = requests.get(f"http://{address}/api/v1/applications", timeout=60).json()
        page = requests.get(f"http://{address}/jobs/", timeout=60)
    assert [one["id"] for one in found] == [name]
    assert page.ok


def test_an_executor_that_wants_too_much_memory_is_replaced(
    release: Release, kernel: Kernel
) -> None:
    told = kernel.run("""
from pyspark.errors import PySparkException
from py4j.protocol import Py4JJavaError
def greedy(_):
    return [len(bytearray(4 << 30))]
try:
    spark.sparkContext.parallelize([0], 1).mapPartitions(greedy).collect()
except (PySparkException, Py4JJavaError) as error:
    print("ended:", type(error).__name__)
print(spark.range(100).count())
""")
    assert "ended:" in told
    assert told.split()[-1] == "100"
    assert release.is_ready()


def test_a_job_may_have_a_driver_of_its_own(release: Release, s3: S3) -> None:
    release.run(f"""
cat >/tmp/job.py <<'PROGRAM'
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
spark.range(100).write.mode("overwrite").csv("s3a://{s3.bucket}/cluster")
spark.stop()
PROGRAM
python -c "import s3fs; s3fs.S3FileSystem().put('/tmp/job.py', '{s3.bucket}/job.py')"
spark-submit --deploy-mode cluster --name job --conf spark.kubernetes.driver.pod.name=job-driver \
  --conf spark.dynamicAllocation.maxExecutors=1 s3a://{s3.bucket}/job.py >/tmp/submitted 2>&1 ||
  {{ tail -n 40 /tmp/submitted >&2; exit 1; }}
""")
    driver = release.cluster.get("pod", "job-driver", RESTRICTED)
    assert driver["status"]["phase"] == "Succeeded", release.kubectl("logs", "job-driver")
    written = release.run(
        f"python -c \"import s3fs; print(s3fs.S3FileSystem().exists('{s3.bucket}/cluster/_SUCCESS'))\""
    )
    assert written.strip() == "True"
    release.kubectl("delete", "pod", "job-driver")


def test_the_history_server_tells_what_was_run(release: Release, kernel: Kernel) -> None:
    name = kernel.run("print(spark.sparkContext.applicationId); spark.stop()").strip()
    release.run(f"{SPARK}/sbin/start-history-server.sh")
    ask = "curl -fsS http://localhost:18080/api/v1/applications"

    def told() -> bool:
        return name in [one["id"] for one in json.loads(release.run(ask))]

    eventually("the history server knows the notebook's application", told)
    release.run(f"{SPARK}/sbin/stop-history-server.sh")


@pytest.mark.parametrize("server", [*SERVERS])
def test_a_server_answers_those_who_have_no_driver(release: Release, server: str) -> None:
    release.run(f"{SPARK}/sbin/start-{server}.sh")
    ask = SERVERS[server]
    # The shell of the Thrift server's client shows its prompt first.
    eventually(f"{server} answers", lambda: release.run(ask).split()[-1:] == ["499500"])
    release.run(f"{SPARK}/sbin/stop-{server}.sh")
