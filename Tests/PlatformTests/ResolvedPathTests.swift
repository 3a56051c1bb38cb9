import Glibc
import Platform
import TestSupport
import Testing

@Suite struct ResolvedPathTests {
    init() { BuiltPrograms.prepare() }

    @Test(arguments: [
        "real", "link", "chain", "./real", "real/../real/.", "real/", "link/inner/..", "//real", "back/real",
    ])
    func ordinaryLinksAreFollowedToTheRealPath(name: String) throws {
        let folder = try TemporaryFolder()
        _ = try folder.makeFolder("real/inner")
        symlink("real", "\(folder.path)/link")
        symlink("\(folder.path)/link", "\(folder.path)/chain")
        symlink("../\(folder.path.split(separator: "/").last ?? "")", "\(folder.path)/back")
        let resolved = try ResolvedPath(opening: "\(folder.path)/\(name)")
        #expect(resolved.path == "\(folder.path)/real")
        #expect(resolved.status.isDirectory && !resolved.status.isRegular)
    }

    @Test(arguments: ["/proc/self/cwd", "/proc/self/root/tmp", "/proc/self/exe", "/proc/self/fd/0", "/dev/stdin"])
    func magicLinksAreRefused(name: String) throws {
        // They lead somewhere, so it is the link that is refused and not its end.
        #expect(throws: Never.self) { try File.status(of: name) }
        #expect(throws: SystemError("open \(name)", code: ELOOP)) { try ResolvedPath(opening: name) }
        let folder = try TemporaryFolder()
        let link = "\(folder.path)/link"
        symlink(name, link)
        #expect(throws: SystemError("open \(link)", code: ELOOP)) { try ResolvedPath(opening: link) }
    }

    @Test(arguments: [("none", ENOENT), ("file/x", ENOTDIR), ("dangling", ENOENT), ("loop", ELOOP)])
    func whatCannotBeOpenedIsAnErrorWithItsErrno(name: String, code: Int32) throws {
        let folder = try TemporaryFolder()
        try folder.write("file", "")
        symlink("nowhere", "\(folder.path)/dangling")
        symlink("loop", "\(folder.path)/loop")
        let path = "\(folder.path)/\(name)"
        #expect(throws: SystemError("open \(path)", code: code)) { try ResolvedPath(opening: path) }
    }

    @Test func theHandleStaysWithTheFolderThatWasJudged() throws {
        let folder = try TemporaryFolder()
        try folder.write("good/file", "judged")
        try folder.write("evil/file", "not judged")
        symlink("good", "\(folder.path)/name")
        let judged = try ResolvedPath(opening: "\(folder.path)/name")
        rename("\(folder.path)/good", "\(folder.path)/moved")
        rename("\(folder.path)/evil", "\(folder.path)/good")
        unlink("\(folder.path)/name")
        symlink("good", "\(folder.path)/name")
        #expect(judged.path == "\(folder.path)/good")
        #expect(try OpenDescriptors.name(of: judged.handle.number) == "\(folder.path)/moved")
        #expect(try judged.openBeneath("file").readAt(0, count: 64) == Array("judged".utf8))
        let again = try ResolvedPath(opening: "\(folder.path)/name")
        #expect(again.status.inode != judged.status.inode)
    }

    @Test(arguments: [
        ("link", ELOOP), ("linked/file", ELOOP), ("inner/../link", ELOOP), ("..", EXDEV), ("../root/file", EXDEV),
        ("inner/../../root/file", EXDEV), ("/etc/passwd", EXDEV), ("none", ENOENT), ("file/x", ENOTDIR),
        ("outward", ELOOP),
    ])
    func nothingBeneathIsReachedByALinkOrFromOutside(relative: String, code: Int32) throws {
        let folder = try TemporaryFolder()
        try folder.write("root/file", "x")
        try folder.write("root/inner/file", "x")
        symlink("file", "\(folder.path)/root/link")
        symlink("inner", "\(folder.path)/root/linked")
        symlink("/etc/passwd", "\(folder.path)/root/outward")
        let root = try ResolvedPath(opening: "\(folder.path)/root")
        #expect(throws: SystemError("open \(root.path)/\(relative)", code: code)) { _ = try root.openBeneath(relative) }
        #expect(try root.openBeneath("inner/../file").readAt(0, count: 9) == Array("x".utf8))
    }

    @Test func aFIFOInAFilesPlaceHoldsNobodyUp() throws {
        let folder = try TemporaryFolder()
        try #require(mkfifo("\(folder.path)/report.md", 0o600) == 0)
        let fifo = try ResolvedPath(opening: folder.path).openBeneath("report.md")
        #expect(try !fifo.status().isRegular)
    }

    @Test(arguments: [
        ("#!/bin/sh\n", true), ("#!", true), ("", false), ("#", false), (" #!/bin/sh", false), ("\u{7F}ELF", false),
        ("# !", false),
    ])
    func aScriptIsKnownByItsFirstTwoBytes(text: String, isScript: Bool) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("program", text, permissions: 0o755)
        let program = try ResolvedPath(opening: path)
        #expect(program.isScript() == isScript)
        #expect(program.status.isExecutable && program.status.isRegular)
    }

    @Test func aFolderIsNoScript() throws {
        let folder = try TemporaryFolder()
        #expect(try !ResolvedPath(opening: folder.path).isScript())
    }
}
