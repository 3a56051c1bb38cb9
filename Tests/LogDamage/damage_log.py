"""Damages a real log in many ways, and looks whether both verifiers find it, and say the same of it.

    damage_log.py --spawngate PROGRAM --verifier SCRIPT [--random N] [--seed S] FOLDER

FOLDER holds what a server left: spawngate.db, the outside checkpoints early.txt, middle.txt and last.txt, and the two
keys that have signed it, old.key and new.key. Exit status 0 where everything was as it should be; each line that begins
with FAIL tells of something that was not.
"""
import argparse, base64, collections, hashlib, importlib.util, json, os, random, shutil, sqlite3, subprocess, sys, tempfile
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

def canonical(value):
    return verify_log.canonical(value)

class Signer:
    def __init__(self, path):
        self.name, self.ident, seed = open(path).read().strip().removeprefix("PRIVATE+KEY+").split("+", 2)
        self.key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed)[1:])
        public = b"\1" + self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = "%s+%s+%s" % (self.name, self.ident, base64.b64encode(public).decode())

    def sign(self, tree):
        text = "%s\n%d\n%s\n" % (self.name, tree.size, base64.b64encode(tree.root()).decode())
        signature = base64.b64encode(bytes.fromhex(self.ident) + self.key.sign(text.encode())).decode()
        return text + "\n\u2014 %s %s\n" % (self.name, signature)

def tree_of(texts):
    tree = verify_log.Tree()
    for text in texts: tree.append(text.encode())
    return tree

class Log:
    """What a database or an export holds, to be changed at will and written as either."""
    def __init__(self, path):
        database = sqlite3.connect(path)
        self.tables = {name: [list(row) for row in database.execute("SELECT * FROM %s ORDER BY 1" % name)]
                       for name in ("leaf", "tree", "secret", "denial", "policy_set")}
        self.names = {name: [row[1] for row in database.execute("PRAGMA table_info(%s)" % name)] for name in self.tables}
        self.path = path
        self.lines = None

    def texts(self): return [row[-1] for row in self.tables["leaf"]]

    def write_database(self, path):
        shutil.copy(self.path, path)
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("BEGIN")
        for name, rows in self.tables.items():
            old = [list(row) for row in sqlite3.connect(self.path).execute("SELECT * FROM %s ORDER BY 1" % name)]
            if rows == old: continue
            database.execute("DELETE FROM " + name)
            marks = ",".join("?" * len(self.names[name]))
            database.executemany("INSERT INTO %s VALUES (%s)" % (name, marks), rows)
        database.execute("COMMIT")
        database.execute("PRAGMA journal_mode = DELETE")
        database.close()

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

class Harness:
    def __init__(self, options):
        self.options = options
        self.folder = options.folder
        self.checkpoints = {name: os.path.join(self.folder, name + ".txt") for name in ("early", "middle", "last")}
        self.old, self.new = (Signer(os.path.join(self.folder, name)) for name in ("old.key", "new.key"))
        self.scratch = tempfile.mkdtemp(prefix="spawngate-damage-")
        self.failures = 0
        self.counts = collections.Counter()

    def log(self): return Log(os.path.join(self.folder, "spawngate.db"))

    def verdicts(self, path, checkpoints, keys=()):
        """(exit status, first bad record) of both, or None in place of the second where there is no such record."""
        arguments = [part for name in checkpoints for part in ("--checkpoint", self.checkpoints.get(name, name))]
        arguments += [part for key in keys for part in ("--key", key)]
        run = subprocess.run([self.options.spawngate, "log", "verify", path, "--json", *arguments], capture_output=True, text=True)
        found = json.loads(run.stdout) if run.stdout else {}
        program = (run.returncode, found.get("first_bad"), found.get("reason") or run.stderr.strip())
        status, found = verify_log.verify(path, [self.checkpoints.get(name, name) for name in checkpoints], list(keys))
        script = (status, found.get("first_bad"), found.get("reason"))
        return program, script

    def look(self, what, path, checkpoints=("last",), bad=True, first=None, keys=()):
        """Both must say the same, and find it bad where it is; `first`: the record that they must name."""
        program, script = self.verdicts(path, checkpoints, keys)
        self.counts[what.split(" ")[0]] += 1
        right = program[:2] == script[:2] and program[0] in (0, 1, 2) and (program[0] != 0) == bad
        if first is not None: right = right and program[1] == first
        if not right:
            self.failures += 1
            print("FAIL %s (%s)\n     program %s\n     script  %s" % (what, os.path.basename(path), program, script))
            shutil.copy(path, os.path.join(self.folder, "failed-%d" % self.failures))
        return program

    def both(self, what, log, lines=None, **expected):
        """Looks at a changed log as a database and as an export, whose checkpoint the hostile server signs anew."""
        database = os.path.join(self.scratch, "log.db")
        log.write_database(database)
        self.look(what, database, **expected)
        self.look(what, self.write_lines(lines or log.export(self.new)), **expected)

    def write_lines(self, lines):
        path = os.path.join(self.scratch, "log.jsonl")
        with open(path, "w") as file:
            for line in lines: file.write((line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + "\n")
        return path

    # --- the undamaged log
    def good(self):
        log = self.log()
        for checkpoints in ((), ("last",), ("early", "middle", "last")): self.both("good", log, bad=False, checkpoints=checkpoints)
        for key in (self.old, self.new):
            self.both("good with-key", log, bad=False, keys=(key.public,))

    # --- every record, one after the other
    def every(self):
        size = len(self.log().texts())
        end = self.checkpoints["end"] = os.path.join(self.scratch, "end.txt")
        with open(end, "w") as file: file.write(self.new.sign(tree_of(self.log().texts())))
        for n in range(size):
            for change in (self.flip, self.delete, self.swap, self.duplicate, self.insert, self.truncate, self.rewrite):
                log = self.log()
                if change(log, n): self.both("%s %d" % (change.__name__, n), log, checkpoints=("end",))
            lines = self.log().export(self.new)
            at = next(index for index, line in enumerate(lines) if line.get("seq") == n)
            self.look("cut %d" % n, self.write_lines(lines[:at]), first=n)
            self.look("lost %d" % n, self.write_lines([line for line in lines if line.get("seq") != n]), first=n)
            self.look("alien %d" % n, self.write_lines(lines[:at] + [lines[0]] + lines[at:]), first=n)
        for row in range(len(self.log().tables["policy_set"])):
            log = self.log()
            log.tables["policy_set"][row][0] = "0" * 64
            self.both("rename %d" % row, log)
            log = self.log()
            del log.tables["policy_set"][row]
            self.both("rename %d" % row, log)

    # Each changes the leaves as a hostile server would, the tree and all else made to fit; only the outside checkpoints tell.
    def refit(self, log, renumber=True):
        tree = verify_log.Tree()
        for seq, row in enumerate(log.tables["leaf"]):
            if renumber:
                leaf = json.loads(row[-1])
                leaf["seq"], row[0], row[-1] = seq, seq, None
                row[-1] = canonical(leaf)
        log.tables["tree"] = [[row[0], tree.append(row[-1].encode())] for row in log.tables["leaf"]]
        return log

    def move(self, log, order):
        """The leaves in another order, with all that belongs to them."""
        places = {}
        for new, old in enumerate(order): places.setdefault(old, []).append(new)
        log.tables["leaf"] = [list(log.tables["leaf"][old]) for old in order]
        seen = set()
        for row in log.tables["leaf"]:
            if row[1] in seen:  # ids are unique
                row[1] += "-%d" % len(seen)
                row[-1] = canonical(json.loads(row[-1]) | {"id": row[1]})
            if row[1]: seen.add(row[1])
        log.tables["secret"] = sorted([new] + row[1:] for row in log.tables["secret"] for new in places.get(row[0], []))
        log.tables["denial"] = [row[:2] + [new] for row in log.tables["denial"] for new in places.get(row[2], [])]
        self.refit(log)
        return True

    def flip(self, log, n):
        row = log.tables["leaf"][n]
        leaf = json.loads(row[-1])
        leaf["time"] = leaf["time"][:-2] + ("1" if leaf["time"][-2] != "1" else "2") + "Z"
        row[3], row[-1] = verify_log.milliseconds(leaf["time"]), canonical(leaf)
        for secret in log.tables["secret"]:
            if secret[0] == n: secret[2] = row[3]
        self.refit(log, renumber=False)
        return True

    def delete(self, log, n): return self.move(log, [m for m in range(len(log.texts())) if m != n])

    def swap(self, log, n):
        order = list(range(len(log.texts())))
        if n + 1 == len(order): return False
        order[n], order[n + 1] = order[n + 1], order[n]
        return self.move(log, order)

    def duplicate(self, log, n):
        # Behind the last record it is one more, as any log may have.
        return n + 1 < len(log.texts()) and self.move(log, [*range(n + 1), *range(n, len(log.texts()))])

    def insert(self, log, n):
        decision = next(m for m, row in enumerate(log.tables["leaf"]) if row[2] == "decision")
        return self.move(log, [*range(n), decision, *range(n, len(log.texts()))])

    def truncate(self, log, n): return self.move(log, list(range(n)))

    def rewrite(self, log, n):
        """The text alone: the tree is left as it was."""
        log.tables["leaf"][n][-1] = log.tables["leaf"][n][-1].replace('"seq":', '"seq": ', 1)
        return True

    # --- the tail, keys, checkpoints
    def forged(self):
        size = len(self.log().texts())
        last = int(open(self.checkpoints["last"]).read().split("\n")[1])
        for n in range(max(0, last - 5), last):
            for signer in (self.old, self.new):
                log = self.log()
                self.move(log, list(range(n)) + [n - 1] * (size - n))
                self.both("tail %d" % n, log, lines=log.export(signer))
        # The checkpoint rolled back with the log: a shorter log, which was one once.
        log = self.log()
        self.move(log, range(last - 1))
        self.both("rollback", log, first=last - 1)
        # The checkpoint that the export brings with it is not of its time, or not of this log.
        self.look("signer", self.write_lines(self.log().export(self.old)))
        lines = self.log().export(self.new)
        early = open(self.checkpoints["early"]).read()
        self.look("older", self.write_lines([lines[0] | {"checkpoint": early}] + lines[1:]))
        early = verify_log.Checkpoint(early, "")
        lines[0] |= {"checkpoint": open(self.checkpoints["early"]).read(), "size": early.size, "to": early.size,
                     "root": base64.b64encode(early.root).decode()}
        self.look("older", self.write_lines(lines))

    # --- what cannot be found
    def beyond(self):
        """A hostile root who holds the key writes anew what came after the last checkpoint held elsewhere."""
        last = int(open(self.checkpoints["last"]).read().split("\n")[1])
        log = self.log()
        decision = max(n for n, row in enumerate(log.tables["leaf"]) if row[2] == "decision" and n >= last)
        leaf = json.loads(log.tables["leaf"][decision][-1])
        leaf["duration_us"] += 1
        log.tables["leaf"][decision][-1] = canonical(leaf)
        self.refit(log, renumber=False)
        self.both("beyond", log, bad=False)
        self.move(log, range(last))
        self.both("beyond", log, bad=False)

    # --- whatever comes
    def random(self, count):
        source = random.Random(self.options.seed)
        database, pristine = os.path.join(self.scratch, "random"), os.path.join(self.folder, "spawngate.db")
        for number in range(count):
            kind = source.choice(("cell", "cell", "row", "byte", "line", "line-byte", "line-byte"))
            checkpoints = source.choice((("last",), ("early", "middle", "last"), ()))
            bad = None
            if kind in ("cell", "row"):
                log = self.log()
                name = source.choice(("leaf", "leaf", "tree", "secret", "denial", "policy_set"))
                rows = log.tables[name]
                if not rows: continue
                row = source.choice(rows)
                if kind == "row": source.choice((rows.remove, lambda row: rows.append([len(log.texts()) + 3] + row[1:])))(row)
                else:
                    column = source.randrange(len(row))
                    row[column] = self.other(source, row[column])
                try: log.write_database(database)
                except sqlite3.Error: continue  # a key twice, or a null where the table has none
            elif kind == "byte":
                data = bytearray(open(pristine, "rb").read())
                for _ in range(source.randint(1, 3)): data[source.randrange(len(data))] ^= 1 << source.randrange(8)
                open(database, "wb").write(data)
            else:
                lines = [json.dumps(line, ensure_ascii=False).encode() for line in self.log().export(self.new)]
                at = source.randrange(len(lines))
                if kind == "line": lines = source.choice((
                    lines[:at] + lines[at + 1:], lines[:at] + [lines[at]] + lines[at:], lines[:at],
                    lines[:at] + [lines[source.randrange(len(lines))]] + lines[at + 1:]))
                else:
                    line = bytearray(lines[at])
                    line[source.randrange(len(line))] ^= 1 << source.randrange(8)
                    lines[at] = bytes(line)
                open(database, "wb").write(b"\n".join(lines) + b"\n")
            program, script = self.verdicts(database, checkpoints)
            self.counts["random"] += 1
            self.counts["random, found" if program[0] else "random, no part of the log"] += 1
            if program[:2] != script[:2]:
                self.failures += 1
                print("FAIL random %d, %s\n     program %s\n     script  %s" % (number, kind, program, script))
                shutil.copy(database, os.path.join(self.folder, "failed-%d" % self.failures))

    @staticmethod
    def other(source, value):
        if value is None: return source.choice((0, "x", b"x"))
        if isinstance(value, int): return value + source.choice((-1, 1, 1000))
        if not value: return "x"
        at = source.randrange(len(value))
        if isinstance(value, bytes): return value[:at] + bytes([value[at] ^ 1 << source.randrange(8)]) + value[at + 1:]
        return value[:at] + source.choice(("", " ", "x", "\u00e9", value[at] * 2)) + value[at + 1:]

def main():
    global verify_log
    parser = argparse.ArgumentParser()
    for name in ("--spawngate", "--verifier"): parser.add_argument(name, required=True)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("folder")
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location("verify_log", options.verifier)
    verify_log = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(verify_log)
    harness = Harness(options)
    try:
        harness.good()
        if options.every:
            for part in (harness.every, harness.forged, harness.beyond): part()
        harness.random(options.random)
    finally: shutil.rmtree(harness.scratch)
    print(", ".join("%s %d" % item for item in harness.counts.items()))
    sys.exit(1 if harness.failures else 0)

if __name__ == "__main__": main()
