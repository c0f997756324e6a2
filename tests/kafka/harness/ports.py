"""Ports of 127.0.0.1 that nobody listens on."""
import socket


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def free_address():
    return f"127.0.0.1:{free_port()}"
