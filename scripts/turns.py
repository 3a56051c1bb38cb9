#!/usr/bin/env python3
"""Shows that no answer leaves before what it says is on the disk, and that a turn of the loop waits for it once.

Starts a server of its own under strace, asks it for starts over 64 connections (denied ones, so that nothing but the
decision is made), and reads the trace: a turn is what lies between two epoll_waits.

    scripts/turns.py PROGRAMS [DECISIONS]
"""
import collections, json, os, re, selectors, socket, struct, subprocess, sys, tempfile, time

programs, total = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20000
connections = 64
folder = tempfile.mkdtemp(prefix="spawngate-turns-")
policies = os.path.join(folder, "policies")
work = os.path.join(folder, "work")
for path in (policies, work):
    os.mkdir(path)
with open(os.path.join(policies, "10-no.lua"), "w") as file:
    file.write('return function(request) deny("no", "no") end\n')


def frame(method, **params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    return struct.pack(">I", len(body)) + body


def receive(peer):
    while len(peer.data) < 4 or len(peer.data) < 4 + struct.unpack(">I", peer.data[:4])[0]:
        peer.data += peer.socket.recv(1 << 16)
    size = 4 + struct.unpack(">I", peer.data[:4])[0]
    body, peer.data = peer.data[4:size], peer.data[size:]
    return json.loads(body)


class Peer:
    def __init__(self, port, token):
        self.socket, self.data = socket.create_connection(("127.0.0.1", port)), b""
        self.socket.sendall(frame("auth.authenticate", token=token))
        assert "result" in receive(self)


def run(launcher):
    """Decisions a second, and the answers that came."""
    state = os.path.join(folder, "state-%d" % bool(launcher))
    server = subprocess.Popen(
        launcher + [os.path.join(programs, "spawngate"), "serve", "--listen", "127.0.0.1:0", "--state", state,
                    "--policies", policies], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = int(server.stdout.readline().rsplit(":", 1)[1])
        with open(os.path.join(state, "admin.token")) as file:
            token = file.read().strip()
        peers = [Peer(port, token) for _ in range(connections)]
        ask = frame("session.start", name="turns", working_directory=work, command="/bin/true")
        selector, sent, codes = selectors.DefaultSelector(), 0, collections.Counter()
        for peer in peers:
            selector.register(peer.socket, selectors.EVENT_READ, peer)
        began = time.monotonic()
        for peer in peers:
            peer.socket.sendall(ask)
            sent += 1
        while sum(codes.values()) < total:
            for key, _ in selector.select():
                codes[receive(key.data)["error"]["code"]] += 1
                if sent < total:
                    key.data.socket.sendall(ask)
                    sent += 1
        taken = time.monotonic() - began
    finally:
        server.terminate()
        server.wait()
    assert codes == {-32010: total}, codes
    return total / taken


rate = run([])
trace = os.path.join(folder, "trace")
traced = run(["strace", "-D", "-qq", "-s", "200", "-o", trace, "-e", "trace=epoll_wait,epoll_pwait,fdatasync,fsync,sendto,write"])

turns, turn = [], []
for line in open(trace, errors="replace"):
    name = re.match(r"(?:\d+ +)?(\w+)\(", line)
    if not name:
        continue
    if name[1].startswith("epoll"):
        turns.append(turn)
        turn = []
    elif name[1] in ("fdatasync", "fsync"):
        turn.append("sync")
    elif name[1] == "sendto" and "-32010" in line:
        turn.append("answer")
answering = [turn for turn in turns if "answer" in turn]
answers = sum(turn.count("answer") for turn in answering)
early = sum(1 for turn in answering if turn[0] != "sync")
# Copying the journal into the database, every thousand pages, waits for both besides, when the answers have left.
counts = collections.Counter(turn.count("sync") for turn in answering)
print("%d decisions from %d connections: %.0f a second; under strace %.0f" % (total, connections, rate, traced))
print("turns that answered: %d, with %.1f answers each" % (len(answering), answers / max(1, len(answering))))
print("waits for the disk in such a turn: " + ", ".join("%d: %d turns" % pair for pair in sorted(counts.items())))
print("answers that left before the wait of their turn: %d" % early)
subprocess.run(["rm", "-rf", folder])
sys.exit(1 if early or not answering else 0)
