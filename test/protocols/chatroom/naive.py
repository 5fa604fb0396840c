"""A client of the Chatroom protocol that is as easily upset as the original one (docs/protocols/chatroom.md, section 5).

Its pages register handlers that stay registered when the page is gone; a frame for a page that was left raises, and then it
is over. Every frame is held against the model; reads are exact. Ends with "done" after so many whole conversations.

usage: naive.py PORT NAME ROUNDS
"""

import json
import socket
import ssl
import struct
import sys
import time

MODEL = {"type", "status", "message", "data"}


class Window:
    def __init__(self, port):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=15))
        self.page = "auth"
        self.name = None
        self.room = None
        self.handlers = {}
        self.lobby = None
        self.members = None
        self.said = []
        self.boxes = []
        self.on("register", "auth", self.show)
        self.on("login", "auth", self.logged_in)

    # What the pages do.

    def on(self, kind, page, handler):
        self.handlers[kind] = (page, handler)

    def show(self, frame):
        assert isinstance(frame["message"], str), frame
        self.boxes.append((frame["status"], frame["message"]))

    def logged_in(self, frame):
        if frame["status"] == "error":
            return self.show(frame)
        self.name = frame["data"]["username"]
        self.to_lobby()

    def to_lobby(self):
        self.page = "lobby"
        self.lobby = None
        self.on("list", "lobby", self.listed)
        self.on("create", "lobby", self.show)
        self.on("enter", "lobby", self.entered)
        self.on("logout", "lobby", self.logged_out)

    def listed(self, frame):
        assert list(frame["data"])[0] == "lobby", frame
        for names in frame["data"].values():
            assert all(isinstance(name, str) for name in names), frame
        assert self.name in frame["data"]["lobby"], frame
        self.lobby = frame["data"]

    def entered(self, frame):
        if frame["status"] == "error":
            return self.show(frame)
        self.page = "chat"
        self.room = frame["data"]["room"]
        self.members = None
        self.said = []
        self.on("list_room", "chat", self.listed_room)
        self.on("msg", "chat", self.heard)
        self.on("exit", "chat", self.exited)

    def listed_room(self, frame):
        names = frame["data"][self.room]
        assert self.name in names, frame
        self.members = names

    def heard(self, frame):
        if frame["status"] == "error":
            return self.show(frame)
        data = frame["data"]
        assert data["to"] in ("public", self.name), frame
        self.said.append((data["to"], data["from"], data["text"]))

    def exited(self, frame):
        assert frame["status"] == "ok", frame
        self.to_lobby()

    def logged_out(self, frame):
        self.show(frame)
        self.page = "auth"
        self.name = None

    # What the reader does.

    def read_exactly(self, count):
        parts = b""
        while len(parts) < count:
            part = self.socket.recv(count - len(parts))
            if not part:
                raise EOFError("the server has closed")
            parts += part
        return parts

    def read(self):
        (length,) = struct.unpack("!I", self.read_exactly(4))
        frame = json.loads(self.read_exactly(length).decode("utf-8"))
        assert isinstance(frame, dict) and set(frame) <= MODEL, frame
        assert isinstance(frame["type"], str), frame
        assert frame.get("status") in (None, "ok", "error"), frame
        assert frame.get("message") is None or isinstance(frame["message"], str), frame
        assert frame.get("data") is None or isinstance(frame["data"], dict), frame
        if frame["type"] not in self.handlers:
            # Nobody has registered for it: it is lost.
            return
        page, handler = self.handlers[frame["type"]]
        if page != self.page:
            raise RuntimeError(f"a frame for the page {page} on the page {self.page}: {frame}")
        handler(frame)

    def send(self, kind, data=None):
        body = json.dumps({"type": kind, "data": data}).encode()
        self.socket.sendall(struct.pack("!I", len(body)) + body)

    def until(self, what, fits):
        end = time.monotonic() + 15
        while not fits():
            if time.monotonic() > end:
                raise RuntimeError(f"waited in vain for {what} on {self.page}: {self.boxes[-3:]}")
            self.read()

    def box(self, kind, data=None):
        count = len(self.boxes)
        self.send(kind, data)
        self.until(f"the answer to {kind}", lambda: len(self.boxes) > count)
        return self.boxes[-1]


def converse(window, name, turn):
    # Some people double-click.
    clicks = 1 + turn % 2

    def click(kind, data=None):
        for _ in range(clicks):
            window.send(kind, data)

    click("login", {"username": name, "password": "naive one"})
    window.until("login", lambda: window.page == "lobby")
    window.until("list", lambda: window.lobby is not None)
    room = ("tech_talk", "other")[turn % 2]
    status, message = window.box("create", {"room": room})
    assert message in (f"{room} created successfully", f"{room} already exists"), message
    assert window.box("enter", {"room": "nowhere"}) == ("error", "Destination room nowhere not found")
    window.send("list")
    click("enter", {"room": room})
    window.until("enter", lambda: window.page == "chat")
    window.until("list_room", lambda: window.members is not None)
    for n in range(20):
        text = f"{turn} {n}"
        window.send("msg", {"from": "somebody", "to": "public", "text": text})
        window.send("msg", {"from": name, "to": name, "text": text})
        for other in window.members:
            if other != name:
                window.send("msg", {"from": name, "to": other, "text": "psst"})
        for to in ("public", name):
            window.until(text, lambda: (to, name, text) in window.said)
        window.send("list")
    click("exit")
    window.until("exit", lambda: window.page == "lobby")
    window.until("list", lambda: window.lobby is not None)
    if turn % 3:
        window.send("list")
    click("logout")
    window.until("logout", lambda: window.page == "auth")
    assert window.boxes[-1] == ("ok", f"{name} logout successfully")


def main():
    port, name, rounds = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    window = Window(port)
    assert window.box("register", {"username": name, "password": "naive one"})[0] == "ok"
    for turn in range(rounds):
        converse(window, name, turn)
    print("done")


main()
