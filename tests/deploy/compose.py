"""Runs the services of docker-compose.yml without containers: the same commands, files and health checks, on loopback.

A container has a network, paths and a user of its own. Here each port of a service becomes a free one of 127.0.0.1, each
path of a mount a path below one folder, and every text in which they stand (commands, environment, mounted files) is
rewritten so. Users, limits and the images of others are not there; tests/deploy/bare_root tries the user.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import yaml

from harness import proc
from harness.ports import free_port
from harness.waiting import Failed

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
KAFKA_LIBS = REPOSITORY / "build/kafka/libs"
KAFKA_TOOLS = {"/opt/kafka/bin/kafka-broker-api-versions.sh": "org.apache.kafka.tools.BrokerApiVersionsCommand"}
# The identity that apache/kafka gives to a cluster that is told none.
KAFKA_CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw"
PROMETHEUS = ["prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus",
              "--web.listen-address=0.0.0.0:9090"]
OWN_ADDRESSES = ("localhost", "127.0.0.1", "0.0.0.0", "")
# What this file, or the image, sees to; a service with another key is refused.
KEYS = {"image", "build", "user", "init", "read_only", "cap_drop", "security_opt", "configs", "command", "mem_limit", "hostname",
        "stop_grace_period", "restart", "depends_on", "healthcheck", "environment", "ports", "volumes"}


def load():
    return yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())


def seconds(text):
    """'10s' as compose writes it."""
    return float(re.fullmatch(r"(\d+)s", text)[1])


class Project:
    def __init__(self, folder, programs):
        self.folder, self.programs = pathlib.Path(folder), pathlib.Path(programs)
        self.file = load()
        self.ports, self.processes, self.checked, self.healthy = {}, {}, {}, set()
        self.paths = {name: self._mount(name) for name in self.services}
        for name in self.services:
            self._rewrite_files(name)

    @property
    def services(self):
        return self.file["services"]

    # Where a container's things are here.

    def port(self, service, port):
        return self.ports.setdefault((service, int(port)), free_port())

    def _mount(self, name):
        """{path in the container: path here}, longest first; the files are copies, not yet rewritten."""
        service, home, paths = self.services[name], self.folder / name, {"/prometheus": self.folder / name / "data"}
        for config in service.get("configs", []):
            paths[config["target"]] = home / pathlib.Path(config["target"]).name
            home.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / self.file["configs"][config["source"]]["file"], paths[config["target"]])
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            paths[target] = home / source if source in self.file["volumes"] else home / pathlib.Path(target).name
            if source.startswith("./"):
                shutil.copytree(REPOSITORY / source, paths[target])
            else:
                paths[target].mkdir(parents=True)
        return dict(sorted(paths.items(), key=lambda item: -len(item[0])))

    def _rewrite_files(self, name):
        for path in self.paths[name].values():
            for file in [path] if path.is_file() else path.rglob("*.yml"):
                file.write_text(self.rewrite(name, file.read_text()))

    def rewrite(self, name, text):
        """`text` as `name` understands it, with addresses and paths of this machine."""
        def address(found):
            host = found["host"] or ""
            service = name if host in OWN_ADDRESSES else host
            return f"{found['before']}127.0.0.1:{self.port(service, found['port'])}"
        hosts = "|".join(re.escape(host) for host in [*self.services, *OWN_ADDRESSES[:-1]])
        text = re.sub(rf"(?P<before>^|[\"'\s,@/=])(?P<host>{hosts})?:(?P<port>\d{{4,5}})\b", address, text)
        for inside, outside in self.paths[name].items():
            text = re.sub(rf"(?<![\w/.]){re.escape(inside)}(?![\w-])", str(outside), text)
        return text

    def command(self, name, words):
        words = [str(word) for word in words]
        if words[0] == "tidemark-ready":
            return [str(REPOSITORY / "deploy/tidemark-ready"), str(self.port(name, words[1]))]
        words = [self.rewrite(name, word) for word in words]
        if words[0] in KAFKA_TOOLS:
            return ["java", "-Xmx128m", "-cp", f"{KAFKA_LIBS}/*", KAFKA_TOOLS[words[0]], *words[1:]]
        own = self.programs / words[0]
        return [str(own) if own.exists() else words[0], *words[1:]]

    def environment(self, name):
        given = self.services[name].get("environment", {})
        return {"PATH": os.environ["PATH"], **{key: self.rewrite(name, str(value)) for key, value in given.items()}}

    # Life of a service.

    def log(self, name):
        return self.folder / f"{name}.log"

    def tail_of_logs(self):
        return "".join(f"\n--- {path.name}\n" + "".join(path.read_text().splitlines(True)[-12:])
                       for path in sorted(self.folder.glob("*.log")))

    def start(self, name):
        unknown = set(self.services[name]) - KEYS
        if unknown:
            raise Failed(f"service {name}: nothing here sees to {sorted(unknown)}")
        image = self.services[name]["image"].split(":")[0]
        if image == "apache/kafka":
            words = self._kafka(name)
        else:
            words = self.command(name, PROMETHEUS if image == "prom/prometheus" else self.services[name]["command"])
        self._launch(name, words, self.environment(name))

    def _launch(self, name, words, environment):
        with open(self.log(name), "a") as log:
            self.processes[name] = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, env=environment)

    def _kafka(self, name):
        """What the image does at its start, by the class that it does it with: properties from the environment."""
        subprocess.run([REPOSITORY / "scripts/kafka", "jars"], check=True)
        config = self.folder / name / "config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "server.properties").touch()
        java = ["java", "-cp", f"{KAFKA_LIBS}/*"]
        setup = subprocess.run([*java, "-Xmx128m", "kafka.docker.KafkaDockerWrapper", "setup", "-D", config / "none", "-M",
                                config / "none", "-F", config], capture_output=True, text=True,
                               env={"CLUSTER_ID": KAFKA_CLUSTER_ID, **self.environment(name)})
        if setup.returncode != 0 and "already formatted" not in setup.stdout + setup.stderr:
            raise Failed(f"Kafka's image refuses the environment: {setup.stdout[-2000:]}{setup.stderr[-2000:]}")
        heap = self.services[name]["environment"]["KAFKA_HEAP_OPTS"]
        return [*java, heap, "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "kafka.Kafka",
                str(config / "server.properties")]

    def passes(self, name):
        """The health check, at most once per interval; once passed it is not repeated."""
        check = self.services[name]["healthcheck"]
        if name in self.healthy:
            return True
        if time.monotonic() < self.checked.get(name, 0) + seconds(check["interval"]):
            return False
        self.checked[name] = time.monotonic()
        words = self.command(name, check["test"][1:])
        try:
            done = subprocess.run(words, capture_output=True, env=self.environment(name), timeout=seconds(check["timeout"]))
        except subprocess.TimeoutExpired:
            return False
        if done.returncode == 0:
            self.healthy.add(name)
        return done.returncode == 0

    def meets(self, name, condition):
        process = self.processes.get(name)
        if process is None:
            return False
        if condition == "service_completed_successfully":
            if process.poll() not in (None, 0):
                raise Failed(f"{name} ended with {process.returncode}")
            return process.poll() == 0
        if process.poll() is not None:
            raise Failed(f"{name} ended with {process.returncode}")
        return condition == "service_started" or self.passes(name)

    def may_start(self, name):
        wanted = self.services[name].get("depends_on", {})
        if isinstance(wanted, list):
            wanted = {other: {"condition": "service_started"} for other in wanted}
        return all(self.meets(other, of["condition"]) for other, of in wanted.items())

    def up(self, names, within):
        """Starts them as compose does: each as soon as what it depends on is as it must be."""
        deadline, waiting = time.monotonic() + within, list(names)
        while waiting:
            for name in [name for name in waiting if self.may_start(name)]:
                self.start(name)
                waiting.remove(name)
            if time.monotonic() > deadline:
                raise Failed(f"not started within {within} s: {waiting}")
            time.sleep(0.02)

    def peak_memory(self, name):
        """Bytes; of a process that runs."""
        return proc.peak_bytes(self.processes[name].pid)

    def stop(self, name):
        """As `docker compose stop`. Returns the exit code; fails after the service's grace."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(seconds(self.services[name].get("stop_grace_period", "10s")))
        except subprocess.TimeoutExpired:
            raise Failed(f"{name} did not end in its grace") from None
        finally:
            process.kill()

    def end(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
