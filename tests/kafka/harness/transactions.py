"""Requests about transactions from a raw socket: what a producer is known as, and an EndTxn that arrives too late."""
import socket
import struct

DESCRIBE_TRANSACTIONS, END_TXN = 65, 26
NONE, INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED = 0, 47, 49, 90
REFUSED_AS_OLD = {INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED}
SECONDS = 10


def receive(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("the broker closed the connection: it did not understand the request")
        data += more
    return data


def ask(port, key, version, body, flexible):
    """The response's body, after its header."""
    client = b"raw"
    header = struct.pack(">hhih", key, version, 1, len(client)) + client + (b"\0" if flexible else b"")
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.sendall(struct.pack(">i", len(header) + len(body)) + header + body)
        size, = struct.unpack(">i", receive(connection, 4))
        response = receive(connection, size)
    return response[5 if flexible else 4:]


def compact(text):
    encoded = text.encode()
    assert len(encoded) + 1 < 0x80, "a longer name needs a longer varint"
    return bytes([len(encoded) + 1]) + encoded


def describe(port, transactional_id):
    """(producer id, epoch, state); None if the broker does not know it."""
    response = ask(port, DESCRIBE_TRANSACTIONS, 0, b"\x02" + compact(transactional_id) + b"\0", flexible=True)
    at = 4 + 1  # throttle time, number of transactions
    error, = struct.unpack_from(">h", response, at)
    if error != NONE:
        return None
    at += 2
    at += response[at]  # its id: a compact string, whose length byte is one too large
    length = response[at] - 1
    state = response[at + 1:at + 1 + length].decode()
    at += 1 + length + 4 + 8  # timeout, start time
    producer_id, epoch = struct.unpack_from(">qh", response, at)
    return producer_id, epoch, state


def end(port, transactional_id, producer_id, epoch, commit=True):
    """The error code of an EndTxn v1."""
    name = transactional_id.encode()
    body = struct.pack(">h", len(name)) + name + struct.pack(">qh?", producer_id, epoch, commit)
    response = ask(port, END_TXN, 1, body, flexible=False)
    return struct.unpack_from(">ih", response)[1]
