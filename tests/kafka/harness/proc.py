"""What Linux tells about a process."""
import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """The fields of its stat from the state on."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def cpu_seconds(pid):
    """Of all its threads."""
    return sum(map(int, stat(pid)[11:13])) / TICKS


def peak_bytes(pid):
    """The largest resident size."""
    return int(pathlib.Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) << 10
