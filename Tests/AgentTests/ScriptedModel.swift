internal import Platform
internal import TestSupport
internal import Wire

/// A model on loopback that says what its script says (`scripts/scripted_model.py`). It ends with its owner.
final class ScriptedModel {
    /// Where it listens.
    let port: UInt16
    private let requestsFolder: String
    // The model ends when this line does.
    private let line: FileDescriptorBox
    private let process: ChildProcess

    /// Starts it with its turns, keeping what it is asked in a folder below `folder`.
    init(_ turns: JSONValue, in folder: TemporaryFolder) throws {
        requestsFolder = try folder.makeFolder("requests")
        let script = try folder.write("turns.json", turns.text)
        let program = "\(try File.realPath(ShippedPolicies.repository))/scripts/scripted_model.py"
        let log = try File.open("\(folder.path)/model.log", .append)
        let (near, far) = try SocketPair().split()
        process = try ChildProcess(
            path: "/usr/bin/env", arguments: ["env", "python3", program, script, requestsFolder],
            environment: ["PATH=\(Process.environment("PATH") ?? "/usr/bin:/bin")"],
            descriptors: [far.number, far.number, log.number])
        port = try Self.port(near, far)
        line = near
    }

    deinit {
        line.descriptor.shutdownWrite()
        _ = try? process.waitForEnd()
    }

    // The far end is closed here, so that the near one ends with the model.
    private static func port(_ near: FileDescriptorBox, _ far: consuming FileDescriptorBox) throws -> UInt16 {
        _ = consume far
        near.descriptor.setTimeout(milliseconds: Waiting.milliseconds)
        var digits: [UInt8] = []
        var next: [UInt8] = [0]
        while case .processed(1) = try next.withUnsafeMutableBytes({ try near.descriptor.receive(into: $0) }) {
            if next == [UInt8(ascii: "\n")] { break }
            digits += next
        }
        guard let port = UInt16(String(decoding: digits, as: UTF8.self)) else { throw TimedOut("the model's port") }
        return port
    }

    /// What it was asked for so far, first to last.
    var requests: [ModelRequest] {
        get throws {
            try File.list(requestsFolder).filter { $0.hasSuffix(".json") }.sorted().map {
                let text = try File.read("\(requestsFolder)/\($0)", bytesMax: 16 << 20)
                return ModelRequest(body: try JSONValue(text: String(decoding: text, as: UTF8.self)))
            }
        }
    }
}

/// One request as it reached the model.
struct ModelRequest {
    let body: JSONValue

    /// The names of the tools that the model may call.
    var tools: Set<String> { Set((body["tools"]?.array ?? []).compactMap { $0["name"]?.string }) }

    /// The texts that stand in for the user, the agent's own reminders among them.
    var userTexts: [String] {
        let messages = (body["messages"]?.array ?? []).filter { $0["role"]?.string == "user" }
        return messages.flatMap { message in
            message["content"]?.string.map { [$0] } ?? blocks(of: message).compactMap { $0["text"]?.string }
        }
    }

    /// What the tools answered, and whether it was an error.
    var toolResults: [(text: String, isError: Bool)] {
        (body["messages"]?.array ?? []).flatMap(blocks).filter { $0["type"]?.string == "tool_result" }.map {
            ($0["content"]?.string ?? $0["content"]?.text ?? "", $0["is_error"] == .bool(true))
        }
    }

    private func blocks(of message: JSONValue) -> [JSONValue] { message["content"]?.array ?? [] }
}
