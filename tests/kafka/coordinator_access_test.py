"""What a coordinator serves over HTTP, and who may talk to it over TLS; on a real broker, with real processes.

usage: coordinator_access_test.py BIN_FOLDER; TIDEMARK_TEST_KAFKA is the broker.
"""
import concurrent.futures
import json
import re
import subprocess

from harness.cluster_case import ClusterCase, main
from harness.pages import get
from harness.worker import with_settings

TASKS = 6  # four lanes, two merges


class Pages(ClusterCase):
    @property
    def http(self):
        return self.cluster.coordinator.http()

    def page(self, path):
        status, text = get(self.http, path)
        self.assertEqual(status, 200, path + text + self.cluster.tails())
        return json.loads(text)

    def metric(self, line, address=None):
        """The value of a series, None if the page does not have it."""
        found = re.search(rf"(?m)^{re.escape(line)} (\S+)$", get(address or self.http, "/metrics")[1])
        return float(found.group(1)) if found else None

    def test_metrics_health_and_the_read_only_methods(self):
        self.generate(2_000)
        self.cluster.start_coordinator()
        self.cluster.wait_for("it is ready", lambda: get(self.http, "/readyz") == (200, "ok\n"))
        self.cluster.start_worker("w1")
        self.cluster.apply(self.file)
        self.assertEqual(get(self.http, "/healthz"), (200, "ok\n"))
        self.cluster.wait_for("metrics tell the running pipeline", lambda: self.metric(
            f'tidemark_pipeline_state{{pipeline="{self.name}",state="RUNNING"}}') == 1)
        self.check_metrics()
        self.check_api()
        self.check_refusals()
        self.check_spare()

    def check_metrics(self):
        checked = subprocess.run(["promtool", "check", "metrics"], input=get(self.http, "/metrics")[1], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        for line, value in {
                "tidemark_coordinator_leads": 1, 'tidemark_workers{state="SERVING"}': 1,
                f'tidemark_pipeline_state{{pipeline="{self.name}",state="HALTED"}}': 0,
                f'tidemark_pipeline_tasks{{pipeline="{self.name}"}}': TASKS,
                f'tidemark_pipeline_tasks_running{{pipeline="{self.name}"}}': TASKS,
                'tidemark_task_moves_total{reason="started"}': TASKS,
                'tidemark_task_moves_total{reason="lost"}': 0}.items():
            self.assertEqual(self.metric(line), value, line)

    def check_api(self):
        """Each page says what the command line is told over gRPC."""
        self.assertEqual(self.page(f"/api/v1/pipelines/{self.name}")["etag"], self.ask("pipeline", "describe", self.name)["etag"])
        self.assertEqual([p["name"] for p in self.page("/api/v1/pipelines?page_size=1")["pipelines"]], [self.name])
        self.assertEqual({t["name"] for t in self.page(f"/api/v1/tasks?pipeline={self.name}")["tasks"]},
                         {t["name"] for t in self.ask("task", "list", self.name)})
        self.assertEqual(self.page("/api/v1/workers")["workers"][0]["incarnation"], self.ask("worker", "list")[0]["incarnation"])
        self.assertTrue(self.page(f"/api/v1/pipelines/{self.name}/audit")["balanced"])
        self.assertEqual(len(self.page(f"/api/v1/pipelines/{self.name}/windows")["partitions"]), 4)
        columns = self.page(f"/api/v1/pipelines/{self.name}/queries/by_account/schema")["columns"]
        self.assertEqual([c["name"] for c in columns], [c["name"] for c in self.ask("query", "schema", f"{self.name}/by_account")])

    def check_refusals(self):
        status, text = get(self.http, "/api/v1/pipelines/" + self.name + "x")
        self.assertEqual((status, json.loads(text)["code"]), (404, 5))
        self.assertIn(f"did you mean '{self.name}'?", text)
        self.assertEqual(get(self.http, "/api/v1/pipelines?size=1")[0], 400)
        self.assertIn("/api/v1/pipelines/{name}/audit", get(self.http, "/api/v1/nothing")[1])
        self.assertEqual(get(self.http, f"/api/v1/pipelines/{self.name}", "DELETE")[0], 405)
        self.cluster.ends(self.programs.coordinator, [f"coordinator.http={self.http}", "coordinator.listen=127.0.0.1:0"],
                          says=["coordinator.http: ", self.http, "another process has the port", "choose another port"])

    def check_spare(self):
        """It is healthy, ready to take over, and says who leads."""
        spare = self.cluster.start_spare("spare").http()
        self.cluster.wait_for("the spare is ready", lambda: get(spare, "/readyz")[0] == 200)
        self.assertEqual(get(spare, "/healthz"), (200, "ok\n"))
        self.assertEqual(self.metric("tidemark_coordinator_leads", spare), 0)
        status, text = get(spare, "/api/v1/pipelines")
        self.assertEqual((status, json.loads(text)["code"]), (503, 14))
        self.assertIn(f"ask {self.cluster.server}", json.loads(text)["message"])


class Tls(ClusterCase):
    def setUp(self):
        super().setUp()
        for authority in ("ours", "foreign"):
            self.openssl("req", "-x509", *self.key(authority), "-subj", f"/CN={authority}", "-days", 2, "-out", f"{authority}.pem")
        self.issue("server", "ours", "IP:127.0.0.1")
        self.issue("member", "ours", "DNS:member")
        self.issue("stranger", "foreign", "DNS:stranger")

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], cwd=self.path, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def key(self, name):
        return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"

    def issue(self, name, authority, names):
        (self.path / "names").write_text(f"subjectAltName={names}\n")
        self.openssl("req", *self.key(name), "-subj", f"/CN={name}", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial",
                     "-days", 2, "-extfile", "names", "-out", f"{name}.pem")

    def shows(self, name):
        return f"tls.certificate={self.path}/{name}.pem", f"tls.key={self.path}/{name}.key"

    def trusts(self, authority):
        return f"tls.ca={self.path}/{authority}.pem",

    def list_workers(self, *settings):
        done = self.tidemark(*with_settings(["worker", "list"], settings))
        return done.returncode, done.stdout + done.stderr

    def test_only_who_shows_a_certificate_of_the_authority_takes_part(self):
        self.cluster.start_coordinator((*self.shows("server"), *self.trusts("ours"), f"tls.client_ca={self.path}/ours.pem"))
        member = (*self.trusts("ours"), *self.shows("member"))
        self.cluster.start_worker("w1", settings=member)
        self.cluster.start_worker("w2", settings=self.trusts("ours"))
        self.cluster.wait_for("the worker with a certificate has a session", lambda: "w1" in self.list_workers(*member)[1])
        self.cluster.coordinator.wait_logged("(TLS, clients with a certificate of tls.client_ca)")
        self.cluster.workers["w1"].wait_logged("(TLS)")
        self.cluster.workers["w2"].wait_logged("its tls.client_ca is set), set tls.certificate and tls.key here")
        self.assertNotIn("w2", self.list_workers(*member)[1])
        self.check_clients()
        address = self.cluster.coordinator.http()
        self.assertEqual(get(address, "/api/v1/workers")[0], 403)
        self.assertEqual(get(address, "/readyz")[0], 200)
        for line in ("a client showed no certificate", "not of an authority in tls.client_ca", "a client spoke plain text"):
            self.cluster.coordinator.wait_logged(line)
        self.cluster.terminate(*self.cluster.workers.values(), self.cluster.coordinator)

    def check_clients(self):
        refused = {
            (): "set tls.ca",
            self.trusts("ours"): "set tls.certificate and tls.key",
            (*self.trusts("foreign"), *self.shows("member")): "correct tls.ca here",
            (*self.trusts("ours"), *self.shows("stranger")): "must be in its tls.client_ca",
        }
        with concurrent.futures.ThreadPoolExecutor() as pool:  # each waits five seconds for a leader
            for settings, (code, text) in zip(refused, pool.map(lambda settings: self.list_workers(*settings), refused)):
                self.assertEqual(code, 1, settings)
                for part in (refused[settings], self.cluster.server):
                    self.assertIn(part, text, settings)

    def test_what_does_not_fit_is_said_before_anything_starts(self):
        certificate, key = f"{self.path}/server.pem", f"{self.path}/server.key"
        for settings, says in (
                ((f"tls.certificate={key}", f"tls.key={certificate}"), f"tls.certificate ({key}): holds a private key and no certificate"),
                ((f"tls.certificate={certificate}", f"tls.key={self.path}/member.key"), "is not the key of the certificate"),
                ((*self.shows("server"), f"tls.client_ca={self.file}"), f"tls.client_ca ({self.file}): holds no certificate"),
                ((*self.shows("server"), f"tls.ca={self.path}/absent"), f"tls.ca ({self.path}/absent): cannot read"),
                ((f"tls.certificate={certificate}",), "tls.certificate is set but tls.key is not")):
            for program in (self.programs.coordinator, self.programs.worker):
                self.cluster.ends(program, [f"worker.state_dir={self.path}/state", *settings], says=[says])
            code, text = self.list_workers(*settings)
            self.assertEqual(code, 1)
            self.assertIn(says, text)

    def test_tls_and_plain_text_that_meet_are_told_apart(self):
        self.cluster.start_coordinator()
        self.cluster.wait_leading()
        self.cluster.coordinator.wait_logged("(plain text: anyone who reaches it may change things)")
        code, text = self.list_workers(*self.trusts("ours"))
        self.assertEqual(code, 1)
        self.assertIn("it speaks plain text and this program TLS", text)


if __name__ == "__main__":
    main()
