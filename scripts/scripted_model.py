#!/usr/bin/env python3
"""A model that says what a script tells it to, so that a real agent can be run with no account and no network.

    scripted_model.py SCRIPT.json REQUESTS_FOLDER

It serves the messages interface on a free loopback port, prints that port as its first line, and ends when its standard
input does. SCRIPT.json is a list of turns. A request that offers tools gets the turn whose number is that of the
assistant messages in it, so that a request sent twice is answered alike; after the last turn the model says "done".

    {"say": "text"}                        the last words of the agent's work
    {"use": "Write", "with": {...}}        one call of a tool
    {"refuse": 400}                        an error with that HTTP status
    {"hang": true}                         no answer ever, until the agent goes away

The body of each request for a message is kept as REQUESTS_FOLDER/0000.json, 0001.json, ..., complete under its name.
"""

import itertools
import json
import os
import pathlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def turn_of(script, request):
    """What the script says to a request. One without tools is no turn of the work but, say, a search for a title."""
    if not request.get("tools"):
        return {"say": "untitled"}
    said = sum(message["role"] == "assistant" for message in request["messages"])
    return script[said] if said < len(script) else {"say": "done"}


def content_of(turn, number):
    """The one block of an answer, and why the answer ends after it."""
    if "use" in turn:
        return {"type": "tool_use", "id": f"toolu_{number:04}", "name": turn["use"], "input": turn["with"]}, "tool_use"
    return {"type": "text", "text": turn["say"]}, "end_turn"


def events_of(message, block, reason):
    """The same answer as a stream: an empty message, an empty block, all of the block at once, and the end."""
    if block["type"] == "tool_use":
        empty, delta = {"input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    else:
        empty, delta = {"text": ""}, {"type": "text_delta", "text": block["text"]}
    yield "message_start", {"message": message | {"content": [], "stop_reason": None}}
    yield "content_block_start", {"index": 0, "content_block": block | empty}
    yield "content_block_delta", {"index": 0, "delta": delta}
    yield "content_block_stop", {"index": 0}
    yield "message_delta", {"delta": {"stop_reason": reason, "stop_sequence": None}, "usage": {"output_tokens": 1}}
    yield "message_stop", {}


class Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script = []
    folder = pathlib.Path()
    numbers = itertools.count()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        path = self.path.partition("?")[0]
        if path.endswith("/count_tokens"):
            return self.send(200, "application/json", b'{"input_tokens": 1}')
        if not path.endswith("/messages"):
            return self.send(404, "application/json", b"{}")
        number = next(self.numbers)
        self.keep(number, body)
        request = json.loads(body)
        turn = turn_of(self.script, request)
        if "hang" in turn:
            return self.rfile.read(1)
        if "refuse" in turn:
            error = {"type": "error", "error": {"type": "invalid_request_error", "message": "The script refuses."}}
            return self.send(turn["refuse"], "application/json", json.dumps(error).encode())
        self.reply(request, number, *content_of(turn, number))

    def reply(self, request, number, block, reason):
        message = {
            "id": f"msg_{number:04}",
            "type": "message",
            "role": "assistant",
            "model": request["model"],
            "content": [block],
            "stop_reason": reason,
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        if not request.get("stream"):
            return self.send(200, "application/json", json.dumps(message).encode())
        events = (
            f"event: {name}\ndata: {json.dumps({'type': name} | data)}\n\n"
            for name, data in events_of(message, block, reason)
        )
        self.send(200, "text/event-stream", "".join(events).encode())

    def keep(self, number, body):
        target = self.folder / f"{number:04}.json"
        draft = target.with_suffix(".part")
        draft.write_bytes(body)
        draft.rename(target)

    def do_GET(self):
        self.send(404, "application/json", b"{}")

    def do_HEAD(self):
        self.send(200, "application/json", b"")

    def send(self, status, kind, body):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing: what was asked is kept in files."""


def main():
    Conversation.script = json.loads(pathlib.Path(sys.argv[1]).read_text())
    Conversation.folder = pathlib.Path(sys.argv[2])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Conversation)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.buffer.read()
    # Whoever still hangs on a connection is not waited for.
    os._exit(0)


main()
