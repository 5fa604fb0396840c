"""A client that finds its way by the text of what it reads, as some of other students' do (docs/protocols/chatterbox.md, sections 5.1 and 5.3).

Whatever comes is read up to `]]}`; the greeting is what follows `"INFO": "`, a user is what follows `"name": "`.

    text.py PORT NAME      over plain TCP

Logs in and says something; prints what its user sees as lines of JSON.
"""
import json
import socket
import struct
import sys

port, name = int(sys.argv[1]), sys.argv[2]
sock = socket.create_connection(("127.0.0.1", port), timeout=15)


def send(frame):
    text = json.dumps(frame).encode("ascii")
    # Header and JSON on their own.
    sock.sendall(struct.pack("!I", len(text)))
    sock.sendall(text)


def read():
    data = ""
    while not data.endswith("]]}"):
        part = sock.recv(1024)
        if not part:
            raise EOFError(data)
        data += part.decode("ascii", errors="ignore")
    return data[data.index("{"):]


def between(text, start, end):
    return [part.split(end)[0] for part in text.split(start)[1:]]


send({"USERNAME": name})
reply = read()
print(json.dumps(["info", between(reply, '"INFO": "', '"')]))
print(json.dumps(["users", between(reply, '{"name": "', '", "active": true}')]))
print(json.dumps(["messages", between(reply, '"MESSAGES": [[', "]]}")]))
send({"MESSAGES": [[name, "ALL", 5, "here"]]})
print(json.dumps(["messages", between(read(), '"MESSAGES": [[', "]]}")]))
