import Platform
import TestSupport
import Testing
import Wire

/// The tools that agents live by work in a session that is held to its write roots.
@Suite(.timeLimit(.minutes(5))) struct RealToolTests {
    private static func isThere(_ program: String) -> Bool { (try? File.status(of: program))?.isExecutable == true }

    /// Runs a script that must succeed, and answers what it wrote. It begins by making sure that it is held.
    private func output(_ script: String, _ more: JSONValue = [:], server: RunningServer? = nil) throws -> String {
        let server = try server ?? RunningServer()
        let bash: JSONValue = [
            "command": "/bin/bash",
            "args": [
                "-euc",
                .string("! touch ../not-here 2> /dev/null\nexport HOME=\"$PWD/home\"\nmkdir -p home\n\(script)"),
            ],
        ]
        let record = try server.wait(try server.call("session.start", server.shell("").with(bash).with(more)))
        let logs = try server.call("session.logs", ["id": record["id"] ?? .null])
        #expect(record["enforcement"]?["level"] == "landlock")
        #expect(record["exit_code"] == 0, "\(logs["stderr"]?.string ?? "")")
        return logs["stdout"]?.string ?? ""
    }

    @Test func bash() throws {
        let script = """
            cat > file <<END
            a here-document $((1 + 1))
            END
            read -r line <<< "$(cat file)"; echo "$line"
            diff <(echo same) <(echo same) && echo "same" | tee >(cat > teed) > /dev/null
            echo x > /dev/null; echo y 2> /dev/stderr >&2; echo z > /dev/full 2> /dev/null || echo full
            set -m; sleep 0 & wait $!; kill -0 $$; (trap 'echo told' TERM; kill $BASHPID; :)
            for n in {1..50}; do mkdir -p "d$n"; mv file "d$n/file"; mv "d$n/file" file; rmdir "d$n"; done; rm file
            [ -w "$TMPDIR" ] && mktemp > /dev/null && echo temporary
            """
        #expect(try output(script) == "a here-document 2\nfull\ntold\ntemporary\n")
    }

    @Test(.enabled(if: isThere("/usr/bin/git"), "there is no /usr/bin/git")) func git() throws {
        let server = try RunningServer()
        let origin = try server.folder.makeFolder("origin")
        let who = "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b\n"
        _ = try output(
            "\(who) export HOME=$TMPDIR; git init -q -b main; echo 1 > f; git add f; git commit -qm first",
            ["working_directory": .string(origin)], server: server)
        let script = """
            \(who)
            git clone -q \(origin) copy; cd copy
            git switch -qc topic; echo 2 >> f; git commit -qam second; git stash list
            git rebase -q main; git gc -q; git worktree add -q ../tree main; git log --format=%s
            git push -q origin topic 2> /dev/null || echo "no push"
            """
        #expect(try output(script, server: server) == "second\nfirst\nno push\n")
        #expect(
            try output(
                "\(who) cd copy; git push -q origin topic; echo pushed", ["write_roots": [.string(origin)]],
                server: server)
                == "pushed\n")
    }

    @Test(.enabled(if: isThere("/usr/bin/python3"), "there is no /usr/bin/python3")) func python() throws {
        let script = """
            /usr/bin/python3 -m venv --without-pip environment
            environment/bin/python - <<END
            import os, pty, sqlite3, subprocess, sys, tempfile
            assert sys.prefix.endswith("/environment")
            tempfile.NamedTemporaryFile().write(b"x")
            base = sqlite3.connect("base.db"); base.execute("create table t (a)"); base.commit()
            subprocess.run(["/bin/true"], check=True, stdout=subprocess.DEVNULL)
            pty.spawn(["/bin/echo", "through a terminal"])
            os.sched_setaffinity(0, os.sched_getaffinity(0)); os.nice(1)
            END
            """
        #expect(try output(script).contains("through a terminal"))
    }

    @Test(.enabled(if: isThere("/usr/bin/script"), "there is no /usr/bin/script")) func terminals() throws {
        let words = try output("script -qec 'tty && stty rows 33 && stty size && echo typed > /dev/tty' typescript")
        #expect(words.contains("/dev/pts/") && words.contains("33 ") && words.contains("typed"))
    }

    /// Slow, so only where it is asked for: `make test-tools`.
    @Test(
        .enabled(if: Process.environment("SPAWNGATE_TOOLS") != nil, "make test-tools runs it"), .timeLimit(.minutes(5)))
    func swiftBuild() throws {
        let script = """
            mkdir -p app/Sources/app; cd app
            printf '%s\\n' '// swift-tools-version: 5.9' 'import PackageDescription' \
              'let package = Package(name: "app", targets: [.executableTarget(name: "app")])' > Package.swift
            echo 'print("built")' > Sources/app/main.swift
            swift build --quiet >&2; .build/debug/app
            """
        let path = Process.environment("PATH") ?? "/usr/bin:/bin"
        let server = try RunningServer()
        let record = try server.call(
            "session.start",
            server.shell("").with([
                "command": "/bin/bash", "timeout_ms": 280_000,
                "args": ["-euc", .string("export PATH='\(path)' HOME=\"$PWD/home\"; mkdir home\n\(script)")],
            ]))
        let ended = try server.call("session.wait", ["id": record["id"] ?? .null], milliseconds: 290_000)
        let logs = try server.call("session.logs", ["id": record["id"] ?? .null])
        #expect(ended["exit_code"] == 0, "\(logs["stderr"]?.string ?? "")")
        #expect(logs["stdout"] == "built\n")
    }
}
