"""What tidemark-worker says and how it ends when something outside is wrong. No broker is needed, or there.

Usage: process_test.py TIDEMARK_WORKER
"""
import fcntl
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

worker = pathlib.Path(sys.argv[1]).resolve()
repository = pathlib.Path(__file__).resolve().parents[3]
voice = repository / "config/pipelines/voice.yaml"
NOBODY = "127.0.0.1:9"  # the discard port


def require(true, sentence):
    if not true:
        sys.exit(f"not so: {sentence}")


def command(folder, *arguments):
    settings = {"kafka.bootstrap_servers": NOBODY, "worker.state_dir": folder / "state", "worker.http": "127.0.0.1:0"}
    sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    return [str(word) for word in (worker, *sets, *arguments)]


def ends(folder, code, *arguments, says=()):
    done = subprocess.run(command(folder, *arguments), capture_output=True, text=True, timeout=20)
    text = done.stdout + done.stderr
    require(done.returncode == code, f"{arguments} ends with {code}, not {done.returncode}:\n{text}")
    for part in says:
        require(part in text, f"{arguments} says '{part}':\n{text}")


def bad_input(folder):
    ends(folder, 0, "--help", says=["--pipeline", "--config", "--set"])
    ends(folder, 0, "--version", says=["tidemark-worker"])
    ends(folder, 2, "--pipelines", voice)
    ends(folder, 1, "--set", "worker.memroy=1GiB", "--pipeline", voice, says=["worker.memroy", "worker.memory"])
    ends(folder, 1, "--pipeline", folder / "absent.yaml", says=["absent.yaml"])
    wrong = folder / "wrong.yaml"
    wrong.write_text(voice.read_text().replace("account_sid,", "acount_sid,", 1))
    ends(folder, 1, "--pipeline", wrong, says=["wrong.yaml:", "acount_sid", "^~~"])
    twin = folder / "twin.yaml"
    twin.write_text(voice.read_text())
    ends(folder, 1, "--pipeline", voice, "--pipeline", twin, says=["'voice'", "twin.yaml"])
    require(not (folder / "state").exists(), "what is wrong is found before anything starts")


def state_directory_in_use(folder):
    (folder / "state").mkdir()
    with open(folder / "state/LOCK", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ends(folder, 1, "--pipeline", voice, says=["worker.state_dir", "in use"])


def no_broker(folder):
    log = folder / "worker.log"
    begin = time.monotonic()
    with open(log, "w") as out:
        process = subprocess.Popen(command(folder, "--pipeline", voice), stdout=out, stderr=subprocess.STDOUT)
        while f"no broker of {NOBODY}" not in log.read_text():
            require(process.poll() is None, f"a worker without a broker lives:\n{log.read_text()}")
            require(time.monotonic() - begin < 10, f"it says within 10 s that no broker answers:\n{log.read_text()}")
            time.sleep(0.05)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(20)
    require(code == 0, f"SIGTERM ends it with 0, not {code}:\n{log.read_text()}")
    require(time.monotonic() - asked < 5, "it ends within 5 s")


with tempfile.TemporaryDirectory() as name:
    bad_input(pathlib.Path(name))
    state_directory_in_use(pathlib.Path(name))
    no_broker(pathlib.Path(name))
