"""A client that reads as naively as the original one (docs/protocols/chatterbox.md, section 5.2).

Each TLS record is the start of a frame, unless one is being collected; the first `{` ends the header; everything is
ASCII; an error loses the frame and whatever came in the same TCP read.

    naive.py PORT CA FORM      FORM of USER_LIST: names or objects

Sends each line of its input as a frame; prints what its user would see as lines of JSON.
"""
import json
import socket
import ssl
import struct
import sys
import threading
import time

port, ca, form = int(sys.argv[1]), sys.argv[2], sys.argv[3]
lock, sending = threading.Lock(), threading.Lock()
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = ssl.create_default_context(cafile=ca).wrap_bio(incoming, outgoing, server_hostname="localhost")
sock = socket.create_connection(("127.0.0.1", port))
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
name, collected, wanted = None, b"", 0


def show(what, value=None):
    print(json.dumps([what, value]), flush=True)


def flush():
    with sending:
        with lock:
            data = outgoing.read()
        if data:
            sock.sendall(data)


def talk():
    global name
    for line in sys.stdin:
        frame = json.loads(line)
        name = frame.get("USERNAME", name)
        text = json.dumps(frame).encode("ascii")
        with lock:
            tls.write(struct.pack("!I", len(text)) + text)
        flush()


def carry_out(frame):
    for key, value in json.loads(frame.decode("ascii")).items():
        if key == "USERNAME_ACCEPTED":
            show("accepted" if value else "refused")
        elif key == "INFO":
            show("info", value)
        elif key == "USER_LIST" and form == "objects":
            show("online", [user["name"] for user in value if user["active"]])
        elif key == "USER_LIST":
            show("online", [str(user) for user in value])
        elif key == "USERS_JOINED":
            for user in value:
                show("joined", user)
        elif key == "USERS_LEFT":
            for user in value:
                show("left", user)
        elif key == "MESSAGES":
            for src, dest, timestamp, content in value:
                time.strftime("%H:%M", time.localtime(timestamp))
                if dest in ("ALL", name):
                    show("message", [src, dest, timestamp, content])
        else:
            show("unexpected", "UNEXPECTED RESP FROM SERVER" + key + ": " + value)


def record(data):
    global collected, wanted
    if wanted == 0:
        brace = data.index(b"{")
        (wanted,) = struct.unpack("!I", data[:brace])
        collected = b""
        data = data[brace:]
    collected += data
    if len(collected) >= wanted:
        frame, wanted = collected[:wanted], 0
        carry_out(frame)


def records():
    """What one TCP read has brought."""
    found = []
    while True:
        try:
            with lock:
                data = tls.read(262144)
        except ssl.SSLWantReadError:
            return found
        if not data:
            return found
        found.append(data)


while True:
    try:
        tls.do_handshake()
        break
    except ssl.SSLWantReadError:
        flush()
        incoming.write(sock.recv(65536))
flush()
show("connected")
threading.Thread(target=talk, daemon=True).start()
while True:
    try:
        for data in records():
            record(data)
    except ssl.SSLError:
        break
    except Exception as error:
        wanted = 0
        show("error", repr(error))
    try:
        read = sock.recv(262144)
    except OSError:
        break
    if not read:
        break
    with lock:
        incoming.write(read)
show("end")
