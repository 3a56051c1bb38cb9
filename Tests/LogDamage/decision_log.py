"""A decision log as a hostile server may treat it: read whole, changed at will, made to fit again, signed and written."""
import base64, contextlib, importlib.util, json, sqlite3, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

sys.dont_write_bytecode = True

def load_verifier(path):
    """The Python verifier, as a module: its tree and its canonical JSON serve here too."""
    global verify_log
    spec = importlib.util.spec_from_file_location("verify_log", path)
    verify_log = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(verify_log)
    return verify_log

def tree_of(texts):
    tree = verify_log.Tree()
    for text in texts: tree.append(text.encode())
    return tree

def texts(path):
    """The texts of the records in a file that may be damaged; None where they cannot be read."""
    try:
        if path.endswith("jsonl"):
            return [line["text"] for line in map(json.loads, open(path, "rb")) if line["type"] == "leaf"]
        with contextlib.closing(sqlite3.connect("file:%s?immutable=1" % path, uri=True)) as database:
            return [text for text, in database.execute("SELECT text FROM leaf ORDER BY seq")]
    except (sqlite3.Error, ValueError, KeyError, TypeError): return None

class Signer:
    """One of the log's own keys, as its file has it."""
    def __init__(self, path):
        self.name, self.ident, seed = open(path).read().strip().removeprefix("PRIVATE+KEY+").split("+", 2)
        self.key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed)[1:])
        public = b"\1" + self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = "%s+%s+%s" % (self.name, self.ident, base64.b64encode(public).decode())

    def sign(self, tree):
        text = "%s\n%d\n%s\n" % (self.name, tree.size, base64.b64encode(tree.root()).decode())
        signature = base64.b64encode(bytes.fromhex(self.ident) + self.key.sign(text.encode())).decode()
        return text + "\n\u2014 %s %s\n" % (self.name, signature)

class Database:
    """What a server left, read once."""
    TABLES = ("leaf", "tree", "secret", "denial", "policy_set")

    def __init__(self, path):
        self.pristine = open(path, "rb").read()
        # Bytes 18 and 19 say that there may be a write-ahead log, which a database in memory cannot have.
        self.image = self.pristine[:18] + b"\1\1" + self.pristine[20:]
        with contextlib.closing(self.open()) as database:
            self.tables = {name: database.execute("SELECT * FROM %s ORDER BY 1" % name).fetchall() for name in self.TABLES}
        self.texts = [row[-1] for row in self.tables["leaf"]]

    def open(self):
        database = sqlite3.connect(":memory:", isolation_level=None)
        database.deserialize(self.image)
        return database

class Log:
    """What a database or an export holds, to be changed at will and written as either."""
    def __init__(self, database):
        self.database = database
        self.tables = {name: [list(row) for row in rows] for name, rows in database.tables.items()}

    def texts(self): return [row[-1] for row in self.tables["leaf"]]

    def leaf(self, n): return json.loads(self.tables["leaf"][n][-1])

    def write_database(self, path):
        """Throws sqlite3.Error where the tables cannot hold it."""
        with contextlib.closing(self.database.open()) as database:
            for name, rows in self.tables.items():
                if list(map(tuple, rows)) == self.database.tables[name]: continue
                database.execute("DELETE FROM " + name)
                database.executemany("INSERT INTO %s VALUES (%s)" % (name, ",".join("?" * len(self.database.tables[name][0]))), rows)
            image = database.serialize()
        with open(path, "wb") as file: file.write(image)

    def export(self, signer):
        """The lines of an export as the server would write it, signed by this key."""
        tree = tree_of(self.texts())
        leaves = [json.loads(text) for text in self.texts()]
        keys = [leaf for leaf in leaves if leaf["kind"] in ("key.created", "key.rotated")]
        earlier = [{"key": key["key"], "ended_at": after["seq"], "rotation": after.get("rotation")}
                   for key, after in zip(keys, keys[1:])]
        lines = [{"type": "log", "version": 1, "checkpoint": signer.sign(tree), "size": tree.size,
                  "root": base64.b64encode(tree.root()).decode(), "key": keys[-1]["key"] if keys else signer.public, "earlier": earlier,
                  "from": 0, "to": tree.size, "chosen": False}]
        sets = {row[0]: json.loads(row[2]) for row in self.tables["policy_set"]}
        secrets = {row[0]: row for row in self.tables["secret"]}
        for seq, (text, leaf) in enumerate(zip(self.texts(), leaves)):
            if leaf["kind"] == "decision" and leaf["policy_set"] in sets:
                lines.append({"type": "policy_set", "digest": leaf["policy_set"],
                              "files": {file["name"]: file["text"] for file in sets.pop(leaf["policy_set"])}})
            lines.append({"type": "leaf", "seq": seq, "text": text})
            if seq in secrets:
                _, _, _, salt, kept, _ = secrets[seq]
                lines.append({"type": "secrets", "seq": seq} | ({"erased": True} if kept is None else
                             {"salt": salt.hex()} | json.loads(kept)))
        return lines + [{"type": "end", "leaves": tree.size}]

    # What follows changes the leaves as a hostile server would, the tree and all else made to fit; only the outside
    # checkpoints tell. Each change answers whether there was anything to change.

    def refit(self, renumber=True):
        tree = verify_log.Tree()
        for seq, row in enumerate(self.tables["leaf"]):
            if renumber: row[0], row[-1] = seq, verify_log.canonical(json.loads(row[-1]) | {"seq": seq})
        self.tables["tree"] = [[row[0], tree.append(row[-1].encode())] for row in self.tables["leaf"]]
        return True

    def replace(self, n, leaf):
        """Another text for a leaf, with the columns that belong to it."""
        row = self.tables["leaf"][n]
        request = leaf["request"] if leaf["kind"] == "decision" else {}
        row[1:9] = [leaf.get("id"), leaf["kind"], verify_log.milliseconds(leaf["time"]), leaf.get("verdict"),
                    (leaf["principal"] or {}).get("name", ""), leaf.get("session_id"), request.get("executive"), request.get("mission_id")]
        row[-1] = verify_log.canonical(leaf)
        denials = {(policy["name"], denial["rule"], n) for policy in leaf["policies"] for denial in policy["denials"]
                   } if leaf["kind"] == "decision" else ()
        self.tables["denial"] = sorted([row for row in self.tables["denial"] if row[2] != n] + list(map(list, denials)))
        for secret in self.tables["secret"]:
            if secret[0] == n: secret[1:3] = leaf.get("session_id"), row[3]
        return self.refit(renumber=False)

    def move(self, order):
        """The leaves in another order, with all that belongs to them."""
        places = {}
        for new, old in enumerate(order): places.setdefault(old, []).append(new)
        self.tables["leaf"] = [list(self.tables["leaf"][old]) for old in order]
        seen = set()
        for row in self.tables["leaf"]:
            if row[1] in seen:  # ids are unique
                row[1] += "-%d" % len(seen)
                row[-1] = verify_log.canonical(json.loads(row[-1]) | {"id": row[1]})
            if row[1]: seen.add(row[1])
        self.tables["secret"] = sorted([new] + row[1:] for row in self.tables["secret"] for new in places.get(row[0], []))
        self.tables["denial"] = [row[:2] + [new] for row in self.tables["denial"] for new in places.get(row[2], [])]
        return self.refit()

    def flip(self, n):
        leaf = self.leaf(n)
        leaf["time"] = leaf["time"][:-2] + ("1" if leaf["time"][-2] != "1" else "2") + "Z"
        return self.replace(n, leaf)

    def delete(self, n): return self.move([m for m in range(len(self.texts())) if m != n])

    def swap(self, n):
        order = list(range(len(self.texts())))
        if n + 1 == len(order): return False
        order[n], order[n + 1] = order[n + 1], order[n]
        return self.move(order)

    # Behind the last record it is one more, as any log may have.
    def duplicate(self, n): return n + 1 < len(self.texts()) and self.move([*range(n + 1), *range(n, len(self.texts()))])

    def insert(self, n):
        decision = next(m for m, row in enumerate(self.tables["leaf"]) if row[2] == "decision")
        return self.move([*range(n), decision, *range(n, len(self.texts()))])

    def truncate(self, n): return self.move(range(n))

    def rewrite_policies(self, row):
        """Another policy in place of one that has judged, and its digest wherever the old one stands."""
        old, _, files = self.tables["policy_set"][row]
        files = json.loads(files)
        files[0]["text"] += "\n-- it was always so\n"
        digest = verify_log.policy_digest([(file["name"], file["text"]) for file in files])
        self.tables["policy_set"][row] = [digest, self.tables["policy_set"][row][1], json.dumps(files)]
        for leaf in self.tables["leaf"]: leaf[-1] = leaf[-1].replace(old, digest)
        return self.refit()
