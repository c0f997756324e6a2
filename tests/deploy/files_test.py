"""What can be said about the files of a deployment without running it.

usage: files_test.py BIN_FOLDER
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

import jsonschema
import yaml

import compose
import dockerfile
import expressions

REPOSITORY = compose.REPOSITORY
BIN = pathlib.Path(sys.argv.pop(1))
PROGRAMS = ("tidemark", "tidemark-coordinator", "tidemark-worker")
# Every root of Debian has these; and this is no library, but what TLS looks into.
ALWAYS_THERE = {"libc6", "libgcc-s1", "libstdc++6"}
NO_LIBRARY = {"ca-certificates"}
OWN = {"backlog", "coordinator", "worker-1", "worker-2", "apply", "generator"}
ONE_SHOT = {"backlog", "apply"}
NO_HEALTH = ONE_SHOT | {"generator"}


def output(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


class Compose(unittest.TestCase):
    def setUp(self):
        self.file = compose.load()
        self.services = self.file["services"]

    def test_it_is_what_the_specification_allows(self):
        schema = json.loads((pathlib.Path(__file__).parent / "compose-spec.json").read_text())
        check = jsonschema.Draft7Validator(schema)
        self.assertEqual([f"{list(e.path)}: {e.message}" for e in check.iter_errors(self.file)], [])
        for mistake in ({"mem_limt": "1g"}, {"depends_on": {"kafka": {"condition": "healthy"}}}):
            wrong = {**self.file, "services": {"a": {**self.services["coordinator"], **mistake}}}
            self.assertFalse(check.is_valid(wrong), mistake)

    def test_what_it_names_is_there(self):
        for name, service in self.services.items():
            for config in service.get("configs", []):
                self.assertTrue((REPOSITORY / self.file["configs"][config["source"]]["file"]).is_file(), name)
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                self.assertTrue(source in self.file["volumes"] or (REPOSITORY / source).is_dir(), volume)
            wanted = service.get("depends_on", {})
            for other in wanted:
                self.assertIn(other, self.services)
                if isinstance(wanted, dict) and wanted[other]["condition"] == "service_healthy":
                    self.assertIn("healthcheck", self.services[other])
        self.assertTrue((REPOSITORY / self.services["backlog"]["build"]["dockerfile"]).is_file())

    def test_every_service_has_a_limit_and_a_sign_of_health(self):
        for name, service in self.services.items():
            self.assertIn("mem_limit", service, name)
            self.assertEqual("healthcheck" in service, name not in NO_HEALTH, name)
            self.assertEqual(service.get("restart"), None if name in ONE_SHOT else "unless-stopped", name)

    def test_own_services_may_do_nothing_they_need_not(self):
        stages = dockerfile.parse((REPOSITORY / "deploy/Dockerfile").read_text())
        self.assertEqual(OWN, {name for name, service in self.services.items() if "build" in service})
        for name in OWN:
            service = self.services[name]
            self.assertIn(("USER", service["user"]), stages[-1].steps)
            self.assertNotIn(service["user"].split(":")[0], ("0", "root"))
            self.assertEqual((service["read_only"], service["cap_drop"]), (True, ["ALL"]))

    def test_ports_are_open_to_this_machine_only(self):
        for service in self.services.values():
            for port in service.get("ports", []):
                self.assertRegex(port, r"^127\.0\.0\.1:\d+:\d+$")

    def test_a_workers_budget_leaves_a_quarter_of_its_limit(self):
        budget = yaml.safe_load((REPOSITORY / "deploy/tidemark.yaml").read_text())["worker"]["memory"]
        limit = self.services["worker-1"]["mem_limit"]
        self.assertLessEqual(int(budget.removesuffix("MiB")), 0.75 * int(limit.removesuffix("m")))


class Image(unittest.TestCase):
    def test_each_step_runs_a_script_that_is_there(self):
        first, last = dockerfile.parse((REPOSITORY / "deploy/Dockerfile").read_text())
        self.assertEqual({first.image, last.image}, {"debian:12-slim"})
        runs = [step.split()[0] for stage in (first, last) for kind, step in stage.steps if kind == "RUN"]
        self.assertEqual(len(runs), 3)
        for script in runs:
            script = REPOSITORY / re.sub(r"^/src/|^/opt/(?=install)", lambda m: "" if "src" in m[0] else "deploy/", script)
            self.assertTrue(script.stat().st_mode & 0o111, script)
            subprocess.run(["bash", "-n", script], check=True)

    def test_mistakes_in_a_dockerfile_are_found(self):
        for text in ("RUN x\n", "FROM a b\n", "FROM a\nCOPY --from=b x y\n", "FROM a\nrun x\n", "FROM a\nRUN x \\\n  y\n",
                     "FROM a\nCOPY x\n", "FROM a\nCMD x\n", ""):
            with self.assertRaises(ValueError, msg=text):
                dockerfile.parse(text)

    def test_the_packages_of_the_image_are_those_of_the_libraries(self):
        script = (REPOSITORY / "deploy/install-runtime").read_text()
        listed = set(re.search(r"packages=\(([^)]*)\)", script)[1].split())
        libraries = set()
        for program in PROGRAMS:
            direct = re.findall(r"\(NEEDED\).*\[(.+)\]", output("readelf", "-d", BIN / program))
            where = dict(re.findall(r"^\s*(\S+) => (\S+)", output("ldd", BIN / program), re.M))
            libraries |= {pathlib.Path(where[library]).resolve() for library in direct if library in where}
        wanted = self.packages_of(libraries)
        self.assertEqual(listed - NO_LIBRARY, wanted - ALWAYS_THERE)
        self.assertLessEqual(NO_LIBRARY, listed)

    def packages_of(self, libraries):
        """dpkg knows a file by its own name or by that of before /lib became /usr/lib."""
        names = {library: (str(library), "/" + str(library).removeprefix("/usr/")) for library in libraries}
        asked = [name for both in names.values() for name in both]
        found = subprocess.run(["dpkg-query", "-S", *asked], capture_output=True, text=True, check=False).stdout
        package = {line.split(": ")[1]: line.split(":")[0] for line in found.splitlines()}
        unknown = [library for library, both in names.items() if not package.keys() & set(both)]
        self.assertEqual(unknown, [], "libraries of no package")
        return set(package.values())


class Monitoring(unittest.TestCase):
    def test_prometheus_takes_its_files(self):
        output("promtool", "check", "config", REPOSITORY / "deploy/prometheus/prometheus.yml")

    def test_each_alert_fires_when_it_should_and_is_silent_when_not(self):
        tests = REPOSITORY / "tests/deploy/alerts_test.yml"
        done = subprocess.run(["promtool", "test", "rules", tests.name], cwd=tests.parent, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        checks = [check for test in yaml.safe_load(tests.read_text())["tests"] for check in test["alert_rule_test"]]
        for alert in expressions.alerts():
            kinds = {"exp_alerts" in check for check in checks if check["alertname"] == alert}
            self.assertEqual(kinds, {True, False}, alert)

    def test_each_alert_is_explained(self):
        text = (REPOSITORY / "docs/deployment.md").read_text()
        self.assertEqual(set(re.findall(r"^\| `(Tidemark\w+)` \|", text, re.M)), set(expressions.alerts()))

    def test_alerts_and_board_name_metrics_of_the_table_only(self):
        table = set(re.findall(r"^\| `(tidemark_\w+)`", (REPOSITORY / "docs/metrics.md").read_text(), re.M))
        self.assertEqual(expressions.metrics() - table, set())

    def test_the_board_is_whole(self):
        board = expressions.board()
        identities = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(set(identities)), len(identities))
        taken = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, f"{panel['title']} lies over another panel")
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells
            self.assertEqual(panel["datasource"]["uid"], "prometheus")
            self.assertTrue(panel["targets"])

    def test_grafana_finds_the_board_and_prometheus(self):
        mount = compose.load()["services"]["grafana"]["volumes"][0].split(":")
        here = REPOSITORY / mount[0]
        provider = yaml.safe_load((here / "dashboards/boards.yml").read_text())["providers"][0]["options"]["path"]
        self.assertTrue((here / provider.removeprefix(mount[1]).strip("/") / "tidemark.json").is_file())
        source = yaml.safe_load((here / "datasources/prometheus.yml").read_text())["datasources"][0]
        self.assertEqual((source["uid"], source["url"]), ("prometheus", "http://prometheus:9090"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
