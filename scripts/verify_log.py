#!/usr/bin/env python3
"""Checks a decision log of Spawngate, an export or a copy of the database, against checkpoints that were kept elsewhere. Shares no code
with `spawngate log verify` and says the same of the same log; needs Python 3.11 and `cryptography`. Exit status 0 good, 1 bad, 2 usage."""
import argparse, base64, contextlib, datetime, decimal, functools, hashlib, json, os, re, sqlite3, sys, urllib.parse
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
class Bad(Exception): pass  # (first, last): the records of which one is bad; or None; and why
Malformed = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError, InvalidSignature)  # what is wrong comes to
def need(right, at, reason): return right or wrong(Bad((at, at) if isinstance(at, int) else at, reason))
def attempt(body, otherwise=None):
    try: return body()
    except Malformed: return otherwise
sha, base = lambda data: hashlib.sha256(data).digest(), lambda data: base64.b64encode(data).decode()
def wrong(reason): raise reason if isinstance(reason, Bad) else ValueError(reason)
def unbase(text): return data if base(data := base64.b64decode(text, validate=True)) == text else wrong("not base64")
def unique(members): return dict(members) if len(dict(members)) == len(members) else wrong("a name stands twice in an object")
def read(raw):  # JSON strictly (RFC 8259)
    value = json.loads(raw.decode("utf-8"), object_pairs_hook=unique, parse_constant=wrong)
    return json.dumps(value, ensure_ascii=False).encode("utf-8") and value  # which fails over half a surrogate pair
def number(value):  # as ECMAScript writes it
    if isinstance(value, int) and abs(value) <= 2**53: return str(value)
    sign, digits, exponent = decimal.Decimal(repr(float(value))).as_tuple()  # the fewest digits that read back the same
    point, digits, sign = len(digits) + exponent, "".join(map(str, digits)).rstrip("0"), "-" * sign
    if -6 < point <= 0 or not digits: return sign + "0." + "0" * -point + digits if digits else "0"
    if 0 < point <= 21: return sign + digits[:point].ljust(point, "0") + "." * (len(digits) > point) + digits[point:]
    return sign + digits[0] + "." * (len(digits) > 1) + digits[1:] + "e%+d" % (point - 1)
def canonical(value):  # its one form (RFC 8785)
    if isinstance(value, list): return "[" + ",".join(map(canonical, value)) + "]"
    if not isinstance(value, dict): return number(value) if type(value) in (int, float) else json.dumps(value, ensure_ascii=False)
    return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in sorted(value, key=lambda n: n.encode("utf-16-be"))) + "}"
class Tree:  # RFC 6962
    size, edge = 0, ()
    def append(self, leaf):  # answers the hashes of the nodes that it completes
        done = node = sha(b"\0" + leaf)
        while self.size >> len(done) // 32 - 1 & 1:
            done, node, self.edge = done + (above := sha(b"\1" + self.edge[-1] + node)), above, self.edge[:-1]
        self.edge, self.size = (*self.edge, node), self.size + 1
        return done
    def root(self): return functools.reduce(lambda node, left: sha(b"\1" + left + node), reversed(self.edge)) if self.edge else sha(b"")
NAME = r"([^\x00-\x20\x7f+\s]+)"
def split_key(text):  # name+id+base64: the name, name+id, and the public key; None where it is no key
    with contextlib.suppress(*Malformed):
        name, ident, data = re.fullmatch(NAME + r"\+([0-9a-f]{8})\+(.+)", text).groups()
        right = unbase(data)[0] == 1 and ident == sha(name.encode() + b"\n" + unbase(data))[:4].hex()
        return (name, name + "+" + ident, Ed25519PublicKey.from_public_bytes(unbase(data)[1:])) if right else None
class Note:  # C2SP signed-note
    def __init__(self, text):
        self.text = text[:text.rindex("\n\n") + 1] if re.fullmatch(r"[^\x00-\x09\x0b-\x1f]*\n", text) else wrong("not a note")
        lines = [re.fullmatch("\u2014 " + NAME + " ([^ ]{7,})", line).groups() for line in text[len(self.text) + 1:-1].split("\n")]
        self.signatures = [(name + "+" + unbase(signature)[:4].hex(), unbase(signature)[4:]) for name, signature in lines]
    def is_signed(self, key):
        return any(split_key(key)[1] == signer and attempt(lambda: split_key(key)[2].verify(data, self.text.encode()) is None) for signer, data in self.signatures)
class Checkpoint(Note):  # C2SP tlog-checkpoint
    def __init__(self, text, name):
        (self.origin, size, root, *more), self.name, self.is_done = (super().__init__(text) or self.text).split("\n"), name, False
        self.size, self.root = int(size), unbase(root)
        right = re.fullmatch("0|[1-9][0-9]{0,17}", size) and len(self.root) == 32 and re.fullmatch(NAME, self.origin)
        right and more and "" not in more[:-1] or wrong("not a checkpoint")
    def is_by(self, keys): return any(split_key(key)[0] == self.origin and self.is_signed(key) for key in keys)
def policy_digest(files):
    kept = sorted((name.encode(), text.encode()) for name, text in files if re.fullmatch(r"(lib/.*|[^/]*)\.lua", name, re.S))
    return sha(b"".join(sha(text).hex().encode() + b" " + name + b"\n" for name, text in kept)).hex()
def milliseconds(text):
    re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", text) or wrong("no time")
    return (datetime.datetime.fromisoformat(text[:-1]) - datetime.datetime(1970, 1, 1)) // datetime.timedelta(milliseconds=1)
def hashes(leaf):  # those that stand for secrets, by their paths
    request = leaf["request"] if leaf["kind"] == "decision" else {}
    variables = request["environment"].items() if isinstance(request.get("environment"), dict) else ()
    places = [("environment." + name, value) for name, value in variables] + [("prompt", request.get("prompt"))]
    return {path: value.get("salted_sha256") for path, value in places if isinstance(value, dict)}
class Audit:  # record after record; what is wrong first is what it says
    def __init__(self, checkpoints, anchors):
        self.checkpoints, self.anchors, self.tree, self.agreed, self.own = checkpoints, anchors, Tree(), 0, None
        self.sets, self.keys, self.denials, self.known = {}, [], {}, [*anchors]  # known: keys whose signature means something
    def add(self, seq, text, columns=None, nodes=None, secrets=None):
        n = self.check_checkpoints() or self.tree.size
        need(seq == n, n, "it is missing" if seq > n else "record %s stands in its place" % seq)
        try:
            need(canonical(leaf := read(text)).encode() == text, n, "its text is not canonical JSON")
            self.check_record(n, leaf, columns, secrets)
        except Malformed as error: need(False, n, "its text is not that of a record: %r" % error)
        return need(self.tree.append(text) == nodes or columns is None, n, "its hash is not the one that the tree keeps") and n + 1
    def check_record(self, n, leaf, columns, secrets):
        time, kind, who, decision, self.leaf = milliseconds(leaf["time"]), leaf["kind"] + "", leaf.get("principal"), {}, leaf
        need(leaf["seq"] == n and leaf["seq"] is not False, n, "its text has another number")
        if kind == "decision":
            decision, kinds = leaf, (type(who["name"]), type(leaf["id"]), type(leaf["policies"]), type(leaf["request"]))
            need(kinds == (str, str, list, dict) and leaf["verdict"] in ("allow", "deny", "error"), n, "it lacks a part of a decision")
            need(leaf["policy_set"] is None or self.sets.get(leaf["policy_set"]), n, "its policy set is not kept as it was")
        elif kind in ("key.created", "key.rotated"): self.add_key(n, leaf)
        if columns is None: return
        found = [decision.get("id"), kind, time, decision.get("verdict"), who.get("name", "") if type(who) is dict else "",
                 leaf.get("session_id"), *map(decision.get("request", {}).get, ("executive", "mission_id"))]
        need([value.encode() if type(value) is str else value for value in found] == list(columns), n, "its columns do not agree with its text")
        denials = {(p["name"].encode(), d["rule"].encode()) for p in decision.get("policies", []) for d in [] + p["denials"]}
        need(self.denials.pop(n, set()) == denials, n, "the table of denials does not agree with its text")
        self.check_secrets(n, secrets)
    def check_secrets(self, n, kept):  # kept: None (no trace), "erased", or (salt, JSON)
        need((kept is None) == (not hashes(self.leaf)), n, "its secrets are neither kept nor erased, or it has none")
        if kept in (None, "erased"): return
        texts = [("environment." + name, text) for name, text in kept[1]["environment"].items()] + [("prompt", kept[1].get("prompt"))]
        found = {path: sha(b"\0".join((kept[0], path.encode(), text.encode()))).hex() for path, text in texts if (path, text) != ("prompt", None)}
        need(found == hashes(self.leaf), n, "the secrets kept beside it are not those that it has hashes of")
    def add_key(self, n, leaf):
        old, new, note = self.keys[-1][0] if self.keys else None, leaf["key"], None
        need(split_key(new) and leaf["previous"] == old, n, "the keys that it names are none, or not those of this log")
        if leaf["kind"] == "key.rotated":
            right = old != new and split_key(old)[0] == split_key(new)[0] and (note := Note(leaf["rotation"])).is_signed(old)
            right = right and note.text == "Spawngate log key rotation\n%s\n%s\n" % (old, new) and note.is_signed(new)
            need(right, n, "the old key and the new have not both signed the change")
        self.keys, self.known = self.keys + [(new, n, note and leaf["rotation"])], self.known + [new]
    def check_checkpoints(self):
        for point in sorted(self.checkpoints, key=lambda point: point.size):
            if point.is_done or point.size > self.tree.size: continue
            if point.size < self.tree.size or point.root != self.tree.root():
                need(point.is_by(self.known), None, point.name + " is not signed by a key of this log")
                need(False, (self.agreed, point.size - 1) if self.agreed < point.size else None, point.name + " names another root")
            self.agreed, point.is_done = point.size, True
    def finish(self, more):
        self.check_checkpoints()
        right = self.tree.size and not more and not self.denials and all(point.is_done for point in self.checkpoints)
        need(right, self.tree.size, "it is missing: a checkpoint is of more records, more is kept that belongs to it, or there is none at all")
        need(False not in self.sets.values(), None, "a policy set has not the digest that it is named by")
        keys, pairs, of_time = [key for key, _, _ in self.keys], list(zip(self.keys, self.keys[1:])), self.anchors or self.known
        right = not keys or not self.own or self.own[:2] == (keys[-1], [(key, *end) for (key, _, _), (_, *end) in pairs])
        trusted = {index for index in range(len(keys)) if not self.anchors or keys[index] in self.anchors}
        need(right and (trusted or not keys), None, "the log names other keys than stand beside it, or were given")
        for i in [*range(len(pairs)), *reversed(range(len(pairs)))]:  # a rotation vouches both ways
            if pairs[i][1][2] and trusted & {i, i + 1}: trusted |= {i, i + 1}
        for point in self.checkpoints:
            if keys: of_time = [key for index, (key, at, rotation) in enumerate(self.keys) if index in trusted and (
                at + bool(rotation) if index else 0) <= point.size <= (self.keys[index + 1][1] if keys[index + 1:] else point.size)]
            need(point.is_by(of_time), None, point.name + " is not signed by the key of its time")
        need(not keys or len(keys) - 1 in trusted, None, "the log goes on under a key that the given one does not vouch for")
RECORDS = """SELECT l.seq, l.text, id, kind, l.time, verdict, principal, l.session_id, executive, mission_id, hashes, s.seq, s.session_id, s.time, salt,
    s.text, erased_at, twin FROM leaf l LEFT JOIN tree USING (seq) LEFT JOIN secret s USING (seq) CROSS JOIN (SELECT 0 twin UNION SELECT 1) ORDER BY l.seq"""
BEYOND = "SELECT EXISTS (SELECT 1 FROM tree WHERE seq < 0 OR seq >= ?1) OR EXISTS (SELECT 1 FROM secret WHERE seq < 0 OR seq >= ?1)"
def database(path, audit):
    has_index, at, can_make = os.path.exists(path + "-shm"), None, os.access(os.path.dirname(path) or ".", os.W_OK)
    is_alone = not has_index and not (os.path.exists(path + "-wal") and os.path.getsize(path + "-wal"))
    how, lock = ("&immutable=1", "NORMAL") if is_alone else ("", "NORMAL") if has_index or can_make else ("&vfs=unix-none", "EXCLUSIVE")
    try:
        log = sqlite3.connect("file:%s?mode=ro%s" % (urllib.parse.quote(path), how), uri=True, isolation_level=None)
        log.text_factory, *_ = bytes, log.execute("PRAGMA locking_mode = " + lock), log.execute("BEGIN")
        for seq, *denial in log.execute("SELECT seq, policy, rule FROM denial"): audit.denials.setdefault(seq, set()).add(tuple(denial))
        for digest, files in log.execute("SELECT digest, files FROM policy_set"):
            found = attempt(lambda: policy_digest([(file["name"], file["text"]) for file in read(files)]), "").encode()
            audit.sets[digest.decode("utf-8", "replace")] = found == digest
        at = 0
        for row in (row for *row, twin in log.execute(RECORDS) if not twin):  # each twice, for the module looks a row ahead
            kinds = "".join({type(None): "0", int: "i", bytes: "b"}.get(type(value), "?") for value in row)
            right = re.fullmatch("ib[b0]bi[b0]b[b0]{4}(000000|i[b0]i(bb0|00i))", kinds) and row[12:14] in ([row[7], row[4]], [None, None])
            need(right, at, "it is not kept in the form of a record")
            secrets = None if kinds[11] == "0" else "erased" if kinds[14] == "0" else (row[14], attempt(lambda: read(row[15]), {}))
            at = audit.add(row[0], row[1], row[2:10], row[10], secrets)
        at, (beyond,) = None, log.execute(BEYOND, (at,)).fetchone()
        audit.finish(beyond)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter where a message holds what is damaged
        need(getattr(error, "sqlite_errorcode", 11) & 255 in (1, 14), at, "it cannot be read: %s" % error) and wrong("not of this version: %s" % error)
    finally: has_index or os.path.exists(path + "-shm") and os.remove(path + "-shm")  # SQLite leaves its index of a journal behind
def begin(view, audit):  # the first line of an export
    own, earlier = Checkpoint(view["checkpoint"], "the export's checkpoint"), [(k["key"], k["ended_at"], k["rotation"]) for k in view["earlier"]]
    right = view["type"] == "log" and view["version"] == 1 and split_key(view["key"]) and type(view["chosen"]) is bool
    need(right and (own.size, own.root) == (view["size"], unbase(view["root"])), None, "the first line does not say what the export is of")
    if (view["from"], view["to"], view["chosen"]) != (0, own.size, False): raise OSError("this is a part of the log; export it whole")
    audit.own, audit.checkpoints = (view["key"], earlier, own.size), audit.checkpoints + [own]
    audit.known += filter(split_key, [view["key"]] + [key for key, _, _ in earlier])
def export(path, audit, is_over=False, may_tell=False):
    for line in open(path, "rb"):
        n = audit.tree.size
        try:
            kind = (view := read(line)).get("type") if not is_over else "more"
            if not audit.own: begin(view, audit)
            elif kind == "leaf":
                need(n < audit.own[2], n, "the export's checkpoint does not reach so far")
                may_tell = audit.add(view["seq"] + 0, view["text"].encode())
            elif kind == "policy_set":
                need(view["digest"] not in audit.sets, n, "a policy set before it is there twice")
                may_tell, audit.sets[view["digest"] + ""] = False, policy_digest(view["files"].items()) == view["digest"]
            elif kind == "secrets":
                need(may_tell and view.get("seq") == n - 1, n := max(0, n - 1), "the secrets behind it are not its own")
                may_tell = audit.check_secrets(n, "erased" if view.get("erased") is True else (bytes.fromhex(view["salt"]), view))
            else: is_over = need(kind == "end" and view["leaves"] == n, n, "a line that does not belong there")
        except Malformed as error: need(False, n if audit.own else None, "a line is not of its form: %r" % error)
    need(is_over, audit.tree.size, "it is missing: the export was cut short")
    audit.finish(False)
def verify(path, checkpoints, keys):  # the exit status, and what to tell
    try:
        audit = Audit([Checkpoint(open(name, newline="").read(), "the checkpoint " + name) for name in checkpoints], keys)
        is_database, start = open(path, "rb").read(16) == b"SQLite format 3\0", open(path, "rb").read(1)
        all(map(split_key, keys)) and (is_database or start in (b"{", b"")) or wrong("the file is no log, or a key is no key")
        (database if is_database else export)(path, audit)
        return 0, {"good": True, "size": audit.tree.size, "root": base(audit.tree.root())}
    except Bad as bad: return 1, dict(zip(("good", "first_bad", "last_bad", "reason"), (False, *(bad.args[0] or (None, None)), bad.args[1])))
    except (OSError, *Malformed) as error: return 2, {"good": False, "reason": str(error)}
if __name__ == "__main__":
    (parser := argparse.ArgumentParser(description=__doc__)).add_argument("log", help="the export, or the database")
    for name in ("--checkpoint", "--key"): parser.add_argument(name, action="append", default=[], help="may be repeated")
    status, found = verify((options := parser.parse_args()).log, options.checkpoint, options.key)
    sys.exit(print(json.dumps(found)) or status)
