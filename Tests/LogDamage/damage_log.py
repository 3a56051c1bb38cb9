"""Damages a real log in many ways, and looks whether both verifiers find it, and say the same of it.

    damage_log.py --spawngate PROGRAM --verifier SCRIPT [--random N] [--seed S] FOLDER

FOLDER holds what a server left: spawngate.db, the outside checkpoints early.txt, middle.txt and last.txt, and the two
keys that have signed it, old.key and new.key. All cores are used. Exit status 0 where everything was as it should be; each
line that begins with FAIL tells of something that was not, and names the log that shows it.
"""
import argparse, base64, collections, json, multiprocessing, os, random, shutil, sqlite3, subprocess, sys, tempfile
import decision_log
from decision_log import Database, Log, Signer, tree_of

class Harness:
    def __init__(self, options):
        self.options = options
        self.verifier = decision_log.load_verifier(options.verifier)
        self.database = Database(os.path.join(options.folder, "spawngate.db"))
        self.old, self.new = (Signer(os.path.join(options.folder, name)) for name in ("old.key", "new.key"))
        self.scratch = tempfile.mkdtemp(prefix="spawngate-damage-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.checkpoints = {name: os.path.join(options.folder, name + ".txt") for name in ("early", "middle", "last")}
        # One over all that there is.
        self.checkpoints["end"] = os.path.join(self.scratch, "end.txt")
        with open(self.checkpoints["end"], "w") as file: file.write(self.new.sign(tree_of(self.database.texts)))
        self.sizes = {name: int(open(path).read().split("\n")[1]) for name, path in self.checkpoints.items()}
        self.size, self.last = self.sizes["end"], self.sizes["last"]
        self.counts = collections.Counter()

    def log(self): return Log(self.database)

    def path(self, name): return os.path.join(self.scratch, "%d-%s" % (os.getpid(), name))

    def write_lines(self, lines):
        with open(self.path("log.jsonl"), "wb") as file:
            for line in lines: file.write((line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()) + b"\n")
        return file.name

    # --- asking both

    def program(self, path, checkpoints, *arguments):
        """(exit status, first bad record, reason) of `spawngate log verify`; None where there is no such record."""
        arguments += tuple(part for name in checkpoints for part in ("--checkpoint", self.checkpoints[name]))
        run = subprocess.run([self.options.spawngate, "log", "verify", path, "--json", *arguments], capture_output=True, text=True)
        found = json.loads(run.stdout) if run.stdout else {}
        return run.returncode, found.get("first_bad"), found.get("reason") or run.stderr.strip()

    def script(self, path, checkpoints, keys=()):
        status, found = self.verifier.verify(path, [self.checkpoints[name] for name in checkpoints], list(keys))
        return status, found.get("first_bad"), found.get("reason")

    def tell(self, what, path, right, *verdicts):
        kind = what.split(" ")[0] + (" export" if path.endswith("jsonl") else " database")
        self.counts[kind, "tried"] += 1
        self.counts[kind, "found"] += verdicts[0][0] != 0
        if right: return
        self.counts["", "failures"] += 1
        kept = os.path.join(tempfile.mkdtemp(prefix="spawngate-damage-failed-"), os.path.basename(path))
        shutil.copy(path, kept)
        print("FAIL %s, kept in %s\n     %s" % (what, kept, "\n     ".join(map(str, verdicts))), flush=True)

    def look(self, what, path, checkpoints=("last",), bad=True, first=None, keys=()):
        """Both must say the same, and find it bad where it is (None: wherever); `first`: the record that they must name."""
        program = self.program(path, checkpoints, *(part for key in keys for part in ("--key", key)))
        script = self.script(path, checkpoints, keys)
        # The script does not look at parts of a log, which this has become where the first line was damaged.
        same = program[:2] == script[:2] or program[0] == 1 and script[0] == 2 and "a part of the log" in script[2]
        right = same and program[0] in (0, 1, 2) and bad in (None, program[0] != 0)
        self.tell(what, path, right and first in (None, program[1]), program, script)

    def both(self, what, log, lines=None, **expected):
        """Looks at a changed log as a database and as an export, whose checkpoint the hostile server signs anew."""
        for path in self.written(log, lines): self.look(what, path, **expected)

    def written(self, log, lines=None):
        log.write_database(self.path("log.db"))
        return self.path("log.db"), self.write_lines(lines or log.export(self.new))

    # --- what is tried. Each is a job of its own.

    def good(self):
        for checkpoints in ((), ("last",), ("early", "middle", "last")): self.both("good", self.log(), bad=False, checkpoints=checkpoints)
        for key in (self.old, self.new): self.both("good with a key", self.log(), bad=False, keys=(key.public,))

    def every(self, n):
        """All that can be done to one record."""
        for change in (Log.flip, Log.delete, Log.swap, Log.duplicate, Log.insert, Log.truncate):
            log = self.log()
            if change(log, n): self.both("%s %d" % (change.__name__, n), log, checkpoints=("end",))
        # Where nothing else is made to fit, the record itself is named.
        log = self.log()
        log.tables["leaf"][n][-1] = log.tables["leaf"][n][-1].replace('"seq":', '"seq": ', 1)
        self.both("rewrite %d" % n, log, checkpoints=(), first=n)
        log = self.log()
        log.tables["tree"][n][1] = bytes([log.tables["tree"][n][1][0] ^ 1]) + log.tables["tree"][n][1][1:]
        log.write_database(self.path("log.db"))
        self.look("node %d" % n, self.path("log.db"), checkpoints=(), first=n)
        lines = self.log().export(self.new)
        at = next(index for index, line in enumerate(lines) if line.get("seq") == n)
        for what, damaged in (("cut", lines[:at]), ("lost", [line for line in lines if line.get("seq") != n]),
                              ("alien", lines[:at] + [lines[0]] + lines[at:])):
            self.look("%s %d" % (what, n), self.write_lines(damaged), first=n)

    def policies(self, row):
        for change in ("renamed", "missing", "rewritten"):
            log = self.log()
            if change == "renamed": log.tables["policy_set"][row][0] = "0" * 64
            elif change == "missing": del log.tables["policy_set"][row]
            else: log.rewrite_policies(row)
            self.both("policies-%s %d" % (change, row), log)

    def tail(self, n):
        """Another tail from there on, signed with the key of now and the one of before."""
        for signer in (self.old, self.new):
            log = self.log()
            log.move(list(range(n)) + [n - 1] * (self.size - n))
            self.both("tail %d" % n, log, lines=log.export(signer))

    def rollback(self):
        """The checkpoint rolled back with the log: a shorter log, which was one once."""
        for n in range(1, self.last):
            log = self.log()
            log.move(range(n))
            self.both("rollback %d" % n, log, first=n)
        # The checkpoint that the export brings with it is not of its time, or not of this log.
        self.look("signer", self.write_lines(self.log().export(self.old)))
        lines = self.log().export(self.new)
        note = open(self.checkpoints["early"]).read()
        self.look("older", self.write_lines([lines[0] | {"checkpoint": note}] + lines[1:]))
        early = self.verifier.Checkpoint(note, "")
        of_then = {"checkpoint": note, "size": early.size, "to": early.size, "root": base64.b64encode(early.root).decode()}
        self.look("older", self.write_lines([lines[0] | of_then] + lines[1:]))

    def beyond(self, n):
        """What cannot be found: a hostile root who holds the key writes anew what came after the last checkpoint elsewhere."""
        for change in (Log.flip, Log.insert, Log.truncate):
            log = self.log()
            change(log, n)
            self.both("beyond-last %d" % n, log, bad=False)

    def judged(self, n):
        """A record that says of its policies what they do not say, all else made to fit: only running it again tells."""
        leaf = self.log().leaf(n)
        if leaf["kind"] != "decision": return
        is_erased = any(row[0] == n and row[4] is None for row in self.database.tables["secret"])
        for what, is_seen, change in self.lies(leaf):
            log = self.log()
            log.replace(n, leaf | change)
            for path in self.written(log):
                self.look("fits-itself %d %s" % (n, what), path, bad=False, checkpoints=())
                program, is_seen = self.program(path, (), "--execute"), is_seen and not is_erased
                self.tell("%s %d %s" % ("run-again" if is_seen else "beyond-execute", n, what), path,
                          program[:2] == ((1, n) if is_seen else (0, None)), program)

    @staticmethod
    def lies(leaf):
        """(what, whether running it again shows it, the members of the leaf that become others)"""
        # A failure of the gate need not come again, so what is recorded as one is not compared.
        policies, request, verdict = leaf["policies"], leaf["request"], leaf["verdict"]
        def said(**members): return [policy | members for policy in policies]
        another = {"name": "no", "executive": "e"} if verdict == "allow" else {"name": "yes", "executive": "e"}
        yield "request", verdict != "error", {"request": request | another}
        yield "duration", False, {"duration_us": leaf["duration_us"] + 1}
        yield "unasked", False, {"request": request | {"branch": "main"}}
        yield "failed", False, {"verdict": "error", "failure": "the policy worker died", "policies": [], "denied_at": []}
        if verdict == "error": return
        yield "order", True, {"policies": policies[::-1]}
        yield "fewer", True, {"policies": policies[:-1]}
        yield "digest", True, {"policies": said(digest="0" * 64)}
        yield "granted", True, {"granted": {"permission_mode": "plan"}}
        denial = {"rule": "no", "reason": "no"}
        if verdict == "allow": yield "denied", True, {"verdict": "deny", "policies": said(verdict="deny", denials=[denial])}
        if verdict == "deny":
            yield "allowed", True, {"verdict": "allow", "policies": said(verdict="allow", denials=[]), "denied_at": []}
            at = next(index for index, policy in enumerate(policies) if policy["denials"])
            def with_denials(denials): return policies[:at] + [policies[at] | {"denials": denials}] + policies[at + 1:]
            first, *others = policies[at]["denials"]
            yield "reason", True, {"policies": with_denials([first | {"reason": first["reason"] + "!"}] + others)}
            yield "rule", True, {"policies": with_denials([first | {"rule": "other"}] + others)}
            yield "line", True, {"denied_at": [place | {"line": place["line"] + 1} for place in leaf["denied_at"]]}

    # --- whatever comes

    def random(self, number):
        source = random.Random("%d of %d" % (number, self.options.seed))
        kind = source.choice(("cell", "cell", "row", "text", "byte", "line", "line-byte", "line-byte"))
        checkpoints = source.choice((("last",), ("early", "middle", "last"), ()))
        expected = {"bad": None, "checkpoints": checkpoints}
        if kind == "byte":
            data = bytearray(self.database.pristine)
            for _ in range(source.randint(1, 3)): data[source.randrange(len(data))] ^= 1 << source.randrange(8)
            with open(self.path("log.db"), "wb") as file: file.write(data)
            paths = [file.name]
        elif kind.startswith("line"):
            lines = [json.dumps(line, ensure_ascii=False).encode() for line in self.log().export(self.new)]
            at, other = source.randrange(len(lines)), source.choice(lines)
            if kind == "line": lines[at:at + 1] = source.choice(([], [lines[at]] * 2, [other], [other, lines[at]]))
            else:
                byte = source.randrange(len(lines[at]))
                lines[at] = lines[at][:byte] + bytes([lines[at][byte] ^ 1 << source.randrange(8)]) + lines[at][byte + 1:]
            paths = [self.write_lines(lines)]
        elif kind == "text":  # with all else made to fit: found where an outside checkpoint is of it
            log, n = self.log(), source.randrange(self.size)
            while log.texts() == self.database.texts:
                log.tables["leaf"][n][-1] = self.verifier.canonical(self.other_value(source, log.leaf(n)))
            log.refit(renumber=False)
            expected["bad"] = any(self.sizes[name] > n for name in checkpoints) or None
            paths = self.written(log, self.refitted(log))
        else:
            while not (log := self.damaged(source, kind)): pass
            paths = [self.path("log.db")]
        for path in paths:
            # Whatever has changed a record is found, without any checkpoint too, unless all was made to fit.
            if kind != "text" and decision_log.texts(path) != self.database.texts: expected["bad"] = True
            self.look("random-%s %d" % (kind, number), path, **expected)

    def refitted(self, log):
        """The lines of the undamaged export with the texts of this log, whatever they hold."""
        lines, tree = self.log().export(self.new), tree_of(log.texts())
        lines[0] |= {"checkpoint": self.new.sign(tree), "root": base64.b64encode(tree.root()).decode()}
        return [line | {"text": log.texts()[line["seq"]]} if line["type"] == "leaf" else line for line in lines]

    def damaged(self, source, kind):
        """Writes a database with one cell or row that is not as it was. Answers None where its tables cannot hold that."""
        log = self.log()
        rows = log.tables[source.choice(("leaf", "leaf", "tree", "secret", "denial", "policy_set"))]
        row = source.choice(rows)
        if kind == "row": source.choice((rows.remove, lambda row: rows.append([self.size + 3] + row[1:])))(row)
        else:
            column = source.randrange(len(row))
            row[column] = self.other(source, row[column])
        try: return log.write_database(self.path("log.db")) or log
        except sqlite3.Error: return None  # a key twice, or a null where the table has none

    @staticmethod
    def other(source, value):
        if value is None: return source.choice((0, "x", b"x"))
        if isinstance(value, int): return value + source.choice((-1, 1, 1000))
        if not value: return "x"
        at = source.randrange(len(value))
        if isinstance(value, bytes): return value[:at] + bytes([value[at] ^ 1 << source.randrange(8)]) + value[at + 1:]
        return value[:at] + source.choice(("", " ", "x", "\u00e9", value[at] * 2)) + value[at + 1:]

    def other_value(self, source, value):
        """A JSON value with one of the values in it replaced."""
        if not isinstance(value, (dict, list)) or not value:
            return self.other(source, value) if isinstance(value, (str, int)) else source.choice((True, 0, "x", [], {}))
        at = source.choice(list(value)) if isinstance(value, dict) else source.randrange(len(value))
        changed = dict(value) if isinstance(value, dict) else list(value)
        changed[at] = self.other_value(source, value[at])
        return changed

def run(job):
    """In a process of its own; answers what it counted."""
    name, *arguments = job
    harness.counts.clear()
    getattr(harness, name)(*arguments)
    return dict(harness.counts)

def main():
    global harness
    parser = argparse.ArgumentParser()
    for name in ("--spawngate", "--verifier"): parser.add_argument(name, required=True)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", action="store_true", help="each way at each record, too")
    parser.add_argument("folder")
    options = parser.parse_args()
    harness = Harness(options)
    jobs = [("good",)]
    if options.every:
        jobs += [("rollback",), *((name, n) for name in ("every", "judged") for n in range(harness.size))]
        jobs += [("policies", row) for row in range(len(harness.database.tables["policy_set"]))]
        jobs += [("tail", n) for n in range(1, harness.last)] + [("beyond", n) for n in range(harness.last, harness.size)]
    jobs += [("random", number) for number in range(options.random)]
    total = collections.Counter()
    try:
        with multiprocessing.get_context("fork").Pool() as pool:
            for counts in pool.imap_unordered(run, jobs): total.update(counts)
    finally: shutil.rmtree(harness.scratch)
    failures = total.pop(("", "failures"), 0)
    print("%-32s %6s %6s" % ("damage", "tried", "found"))
    for kind in sorted({kind for kind, _ in total}): print("%-32s %6d %6d" % (kind, total[kind, "tried"], total[kind, "found"]))
    tried, found = (sum(count for (_, what), count in total.items() if what == which) for which in ("tried", "found"))
    print("%d logs (random ones by seed %d), %d found bad; %s" % (tried, options.seed, found,
          "%d FAILURES" % failures if failures else "all that had to be, and both verifiers said the same of every one"))
    sys.exit(1 if failures else 0)

if __name__ == "__main__": main()
