"""docker-compose.yml without containers: every command of it runs, in its order, until there are results; then every
question of the alerts and the board is put to a Prometheus that read the processes.

usage: compose_test.py BIN_FOLDER FOLDER (made anew; holds all logs afterwards)
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import compose
import expressions
from harness.waiting import Failed, print_failure, require, say, wait_for

FIRST_ROW_SECONDS = 60
WAIT_SECONDS = 60
# All but Grafana, which Debian does not have.
SERVICES = ["kafka", "backlog", "coordinator", "worker-1", "worker-2", "apply", "generator", "prometheus"]
STAY = ["generator", "worker-1", "worker-2", "coordinator", "prometheus", "kafka"]
QUERY = "voice/asr_by_account_country"


class Run:
    def __init__(self, programs, folder):
        self.project = compose.Project(folder, programs)
        self.hurry_prometheus()

    def exec(self, service, *words):
        """docker compose exec SERVICE WORDS. In the coordinator's container localhost:7070 is the coordinator."""
        environment = {**self.project.environment(service), "TIDEMARK_SERVER": f"127.0.0.1:{self.project.port('coordinator', 7070)}"}
        return subprocess.run(self.project.command(service, words), capture_output=True, text=True, env=environment, timeout=90)

    def ask(self, path, **parameters):
        """Prometheus' API. None while it does not answer."""
        url = f"http://127.0.0.1:{self.project.port('prometheus', 9090)}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise Failed(f"{path} {parameters}: {error.read().decode()}") from error
        except urllib.error.URLError:
            return None

    def value(self, expression):
        """The series of an instant query: [(labels, value)]."""
        found = self.ask("query", query=expression)
        if found["resultType"] == "scalar":
            return [({}, float(found["result"][1]))]
        return [(series["metric"], float(series["value"][1])) for series in found["result"]]

    def hurry_prometheus(self):
        config = self.project.paths["prometheus"]["/etc/prometheus"] / "prometheus.yml"
        config.write_text(config.read_text().replace("_interval: 5s", "_interval: 1s"))

    # The parts of the test, in their order.

    def first_final_row(self):
        started = time.monotonic()
        self.project.up([name for name in SERVICES if name != "prometheus"], FIRST_ROW_SECONDS)
        say("all services have started")
        tail = self.exec("coordinator", "tidemark", "tail", QUERY, "--from", "beginning", "--count", "1")
        took = time.monotonic() - started
        require(tail.returncode == 0, tail.stderr)
        row = json.loads(tail.stdout)
        require(row["finality"] == "FINAL" and row["calls"] > 0, tail.stdout)
        require(took < FIRST_ROW_SECONDS, f"the first final row came {took:.1f} s after `up`")
        say(f"{took:.1f} s from `up` to the first final row")
        self.project.up(["prometheus"], WAIT_SECONDS)

    def what_the_file_promises(self):
        tasks = json.loads(self.exec("coordinator", "tidemark", "task", "list", "voice", "--output", "json").stdout)
        kinds = sorted(task["name"].split("/")[1].split("-")[0] for task in tasks)
        require(kinds == ["lane"] * 4 + ["merge"] * 4, f"four lanes and four shuffle partitions: {kinds}")
        owners = [task["worker"] for task in tasks]
        require(owners.count("w1") == owners.count("w2") == 4, f"half of the tasks each: {owners}")

    def commands_of_the_documents(self):
        documents = [compose.REPOSITORY / name for name in ("docker-compose.yml", "README.md", "docs/deployment.md")]
        lines = {line for path in documents for line in re.findall(r"docker compose exec (.+)", path.read_text())}
        require(len(lines) >= 3, "the documents show commands")
        for line in sorted(lines):
            words = line.split("#")[0].strip(" `").split()
            more = ["--count", "3"] if "tail" in words else []
            done = self.exec(*words, *more)
            require(done.returncode == 0 and done.stdout, f"{line}: {done.returncode} {done.stderr}")
        say(f"{len(lines)} commands of the documents")

    def kafka_for_this_machine(self):
        """The listener for programs outside of the containers tells them an address that they reach."""
        require("127.0.0.1:29092:29092" in self.project.services["kafka"]["ports"], "its port is the same outside")
        read = self.exec("kafka", "tidemark", "tail", "--topic", "asr-1m", "--from", "beginning", "--count", "1",
                         "--bootstrap", "localhost:29092")
        require(read.returncode == 0 and read.stdout, f"a row over Kafka's listener for the host: {read.stderr}")

    def a_second_up(self):
        """The events of a second backlog would all be late."""
        for name, says in (("backlog", "nothing is written"), ("apply", "RUNNING")):
            self.project.start(name)
            require(self.project.processes[name].wait(WAIT_SECONDS) == 0, f"{name} ends with 0 again")
            require(says in self.project.log(name).read_text().splitlines()[-1], f"{name} says: {says}")

    def prometheus_reads_all(self):
        def up():
            targets = (self.ask("targets") or {}).get("activeTargets", [])
            return len(targets) == 3 and all(target["health"] == "up" for target in targets)
        wait_for("Prometheus reads its three targets", up)
        require(self.project.passes("prometheus"), "its health check passes")

    def every_metric_is_there(self):
        wait_for("the ledger of voice was audited", lambda: self.value("tidemark_pipeline_balanced"))
        wanted = sorted(expressions.metrics())
        def missing():
            return [name for name in wanted if not self.value(f"{{__name__=~'{name}(_bucket)?'}}")]
        wait_for(f"all are exported of {wanted}", lambda: not missing())
        say(f"{len(expressions.metrics())} metrics of alerts and board are exported")

    def every_question_has_an_answer(self):
        require(len(expressions.panels()) > 20, "the board asks")
        for title, expression in expressions.panels():
            found = self.value(expression)
            # These show what is rare.
            require(found or "< 1" in expression, f"panel '{title}' is empty: {expression}")
        rules = [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]
        require({rule["name"] for rule in rules} == set(expressions.alerts()), "Prometheus has all rules")
        for rule in rules:
            require(rule["health"] == "ok", f"{rule['name']}: {rule['health']} {rule.get('lastError')}")
            require(rule["state"] != "firing", f"{rule['name']} fires in a healthy cluster: {rule['alerts']}")
        for expression in expressions.alerts().values():
            self.value(expression)
        say(f"{len(rules)} alerts evaluate, and are silent; {len(expressions.panels())} questions of the board have answers")

    def memory_stays_below_the_limits(self):
        for name in STAY:
            limit = int(self.project.services[name]["mem_limit"].removesuffix("g").removesuffix("m"))
            limit <<= 30 if self.project.services[name]["mem_limit"].endswith("g") else 20
            peak = self.project.peak_memory(name)
            say(f"{name}: {peak >> 20} MiB at most, of {limit >> 20} MiB")
            require(peak < limit, f"{name} needs more than its mem_limit: {peak >> 20} MiB")

    def a_worker_dies(self):
        self.project.processes["worker-2"].kill()
        wait_for("its silence is an alert that waits for its time", lambda: self.value(
            'ALERTS{alertname="TidemarkProcessDown"}'))
        self.project.processes.pop("worker-2").wait()
        self.project.start("worker-2")
        self.project.healthy.discard("worker-2")
        wait_for("it is healthy again", lambda: self.project.passes("worker-2"))
        say("a worker was killed, noticed and started again")

    def all_end(self):
        for name in STAY:
            code = self.project.stop(name)
            expected = (0, 143) if name == "kafka" else (0,)
            require(code in expected, f"{name} ended with {code}")
        say("every service ended in its grace")


def main():
    programs, folder = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run = Run(programs, folder)
    try:
        for part in (run.first_final_row, run.what_the_file_promises, run.commands_of_the_documents,
                     run.kafka_for_this_machine, run.a_second_up,
                     run.memory_stays_below_the_limits, run.prometheus_reads_all, run.a_worker_dies,
                     run.every_metric_is_there, run.every_question_has_an_answer, run.all_end):
            part()
    except Failed as error:
        print_failure(error)
        sys.exit(run.project.tail_of_logs())
    finally:
        run.project.end()


if __name__ == "__main__":
    main()
