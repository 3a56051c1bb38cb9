import Glibc
import Platform
import TestSupport
import Testing

@Suite struct FileTests {
    init() { BuiltPrograms.prepare() }

    @Test func aReplacedFileIsTheOldOneOrTheNewOne() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/a"
        try File.replace(path, with: Array("old".utf8), permissions: 0o640)
        let old = try File.open(path, .read)
        try File.replace(path, with: Array("newer".utf8), permissions: 0o600)
        // Whoever had the old one open goes on to read it, for the new one is another file.
        #expect(try old.readAt(0, count: 99) == Array("old".utf8))
        #expect(try File.read(path, bytesMax: 99) == Array("newer".utf8))
        #expect(try old.status().inode != File.status(of: path).inode)
        #expect(try File.status(of: path).mode & 0o777 == 0o600)
        #expect(try File.list(folder.path) == ["a"])
    }

    @Test func aReplacementThatFailsLeavesTheOldFile() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a", "old")
        _ = try folder.makeFolder("a.new")
        #expect(throws: SystemError("open \(path).new", code: EISDIR)) {
            try File.replace(path, with: [1], permissions: 0o600)
        }
        #expect(try File.read(path, bytesMax: 99) == Array("old".utf8))
        let inner = try folder.makeFolder("folder")
        #expect(throws: SystemError("rename \(inner).new", code: EISDIR)) {
            try File.replace(inner, with: [1], permissions: 0o600)
        }
        #expect(try File.status(of: inner).isDirectory)
    }

    @Test func aFileIsOpenedInTheWayThatIsAskedFor() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/a"
        let open = { (mode: File.Mode) throws in FileDescriptorBox(try File.open(path, mode)) }
        #expect(throws: SystemError("open \(path)", code: SystemError.noEntry)) { try open(.read) }
        #expect(throws: SystemError("open \(path)", code: SystemError.noEntry)) {
            try open(.readWrite(create: false, truncate: false))
        }
        try open(.createNew).descriptor.writeAll(Array("one".utf8))
        #expect(throws: SystemError("open \(path)", code: SystemError.exists)) { try open(.createNew) }
        try open(.append).descriptor.writeAll(Array(" two".utf8))
        #expect(try File.read(path, bytesMax: 99) == Array("one two".utf8))
        try open(.readWrite(create: false, truncate: false)).descriptor.writeAt(1, Array("NE".utf8))
        #expect(try open(.read).descriptor.readAt(1, count: 3) == Array("NE ".utf8))
        #expect(try open(.readWrite(create: true, truncate: true)).descriptor.status().size == 0)
        #expect(try File.status(of: path).mode & 0o777 == 0o600)
    }

    @Test func foldersAreMadeOnceAndListedInByteOrder() throws {
        let folder = try TemporaryFolder()
        for _ in 0..<2 { try File.makeFolders("\(folder.path)/x/y/z", permissions: 0o700) }
        #expect(try File.status(of: "\(folder.path)/x/y/z").isDirectory)
        for name in ["b", "B", "é", ".hidden", "a"] { try folder.write(name, "") }
        #expect(try File.list(folder.path) == [".hidden", "B", "a", "b", "x", "é"])
        #expect(throws: SystemError("opendir \(folder.path)/none", code: ENOENT)) {
            try File.list("\(folder.path)/none")
        }
        try File.remove("\(folder.path)/a")
        try File.remove("\(folder.path)/a")
        #expect(throws: SystemError("rmdir \(folder.path)/x", code: ENOTEMPTY)) {
            try File.removeFolder("\(folder.path)/x")
        }
        #expect(try File.list(folder.path) == [".hidden", "B", "b", "x", "é"])
    }

    @Test(arguments: [
        ("/a/b", "/a"), ("/a", "/"), ("/", "/"), ("a", "."), ("", "."), ("a/b", "a"), ("./a", "."), ("/a/b/", "/a/b"),
    ])
    func theParentIsThePathWithoutItsLastComponent(path: String, parent: String) {
        #expect(File.parent(of: path) == parent)
    }

    @Test func aFileThatIsWrittenAfterwardsIsStampedNoEarlier() throws {
        let folder = try TemporaryFolder()
        let since = SystemClock().fileNanoseconds()
        let path = try folder.write("report.md", "x")
        #expect(try File.status(of: path).modifiedNanoseconds >= since)
        #expect(SystemClock().fileNanoseconds() / 1_000_000 <= SystemClock().wallMilliseconds())
    }

    @Test func linksAreReadAndFollowed() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("a", "text")
        symlink("a", "\(folder.path)/link")
        #expect(try File.readLink("\(folder.path)/link") == "a")
        #expect(try File.realPath("\(folder.path)/./link") == path)
        #expect(try File.status(of: "\(folder.path)/link").size == 4)
        #expect(throws: SystemError("readlink \(path)", code: EINVAL)) { try File.readLink(path) }
    }
}
