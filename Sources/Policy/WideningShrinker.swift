internal import Wire

/// Makes a request as simple as it can be while it still is what was looked for.
///
/// Simple is to differ from the plain request in few members, then to be short, then to have small numbers. Each step
/// makes it simpler by that measure, so it ends; it ends where no single step helps, which need not be the simplest of
/// all.
enum WideningShrinker {
    /// A bound for policies that take long.
    private static let stepsMax = 4000
    /// Their values say something only as a whole.
    private static let wholeMembers: Set<String> = ["permission_mode", "command", "time"]

    static func simplest(_ request: JSONValue, while holds: (JSONValue) -> Bool) -> JSONValue {
        var simplest = request
        var tried: Set<UInt64> = [request.fingerprint]
        var steps = 0
        func isStep(_ candidate: JSONValue) -> Bool {
            guard steps < stepsMax, Measure(candidate) < Measure(simplest),
                tried.insert(candidate.fingerprint).inserted
            else { return false }
            steps += 1
            return holds(candidate)
        }
        while let simpler = candidates(simplest).first(where: isStep) { simplest = simpler }
        return simplest
    }

    private struct Measure: Comparable {
        let differences: Int
        let bytes: Int
        let numbers: UInt64

        init(_ request: JSONValue) {
            let differing = WideningRequest.differences(of: request)
            differences = differing.count
            var writer = JSONWriter()
            for member in differing { writer.value(member.value) }
            bytes = writer.bytes.count
            numbers = differing.reduce(0) { $0 &+ ($1.value.int?.magnitude ?? 0) }
        }

        static func < (left: Self, right: Self) -> Bool {
            (left.differences, left.bytes, left.numbers) < (right.differences, right.bytes, right.numbers)
        }
    }

    // MARK: one step

    private static func candidates(_ request: JSONValue) -> [JSONValue] {
        let plain = WideningRequest.plainest(beside: request)
        var candidates = together(request, plain)
        for member in request.object ?? [] where member.value != plain[member.name] {
            // The arguments of an agent follow from it.
            if member.name == "args", request["agent"] != nil { continue }
            let plainValue = plain[member.name]
            var draft = WideningDraft(request)
            draft[member.name] = plainValue
            candidates.append(draft.finished)
            for value in simpler(member.value, plainValue, member.name) {
                draft[member.name] = value
                candidates.append(draft.finished)
            }
        }
        return candidates
    }

    /// Members that mean something only together.
    private static func together(_ request: JSONValue, _ plain: JSONValue) -> [JSONValue] {
        var candidates = [WideningRequest.following(request)]
        var draft = WideningDraft(request)
        draft["command"] = plain["command"]
        draft["executable"] = plain["executable"]
        candidates.append(draft.finished)
        if let command = request["command"]?.string, !command.contains("/") {
            draft = WideningDraft(request)
            draft["executable"] = .string("/usr/bin/\(command)")
            candidates.append(draft.finished)
        }
        return candidates
    }

    /// Simpler values in the place of one; the simplest first.
    private static func simpler(_ value: JSONValue, _ plain: JSONValue?, _ name: String) -> [JSONValue] {
        if value == plain { return [] }
        let first = plain.map { [$0] } ?? []
        switch value {
        case .array(let elements): return first + shorter(elements, name)
        case .object(let members):
            return wholeMembers.contains(name) ? first : first + smaller(value, members, plain)
        case .string(let text):
            return wholeMembers.contains(name) ? first : first + WideningText.simpler(text).map(JSONValue.string)
        case .integer(let number): return first + smaller(number).map(JSONValue.integer)
        default: return first
        }
    }

    /// Less by the half, by a quarter, and so on to 1: an edge between is found in few steps.
    private static func smaller(_ number: Int64) -> [Int64] {
        sequence(first: number / 2) { $0 / 2 == 0 ? nil : $0 / 2 }.map { number - $0 }
    }

    private static func shorter(_ elements: [JSONValue], _ name: String) -> [JSONValue] {
        var lists: [[JSONValue]] = [[]]
        if elements.count > 3 {
            lists.append(Array(elements.prefix(elements.count / 2)))
            lists.append(Array(elements.suffix(elements.count / 2)))
        }
        for (index, element) in elements.enumerated() {
            var list = elements
            list.remove(at: index)
            lists.append(list)
            for simple in simpler(element, nil, name) {
                list = elements
                list[index] = simple
                lists.append(list)
            }
        }
        return lists.map(JSONValue.array)
    }

    private static func smaller(_ object: JSONValue, _ members: [JSONMember], _ plain: JSONValue?) -> [JSONValue] {
        var objects: [JSONValue] = []
        for member in members where plain?[member.name] != member.value {
            if plain?[member.name] == nil { objects.append(object.setting(member.name, nil)) }
            for value in simpler(member.value, plain?[member.name], member.name) {
                objects.append(object.setting(member.name, value))
            }
        }
        return objects
    }
}

/// Shorter texts that are of the same sort.
enum WideningText {
    static func simpler(_ text: String) -> [String] {
        if text.hasPrefix("/") { return simplerPaths(text) }
        if text.hasSuffix(")"), let open = text.firstIndex(of: "(") {
            let name = String(text[..<open])
            let specifier = String(text[text.index(after: open)...].dropLast())
            return [name] + shorter(specifier).map { "\(name)(\($0))" }
        }
        if text.hasPrefix("-") { return ["--x"] }
        // A tool's name, which would be another tool's if it were shorter.
        if text.hasPrefix("mcp__") || text.first?.isUppercase == true { return ["x"] }
        return ["x"] + shorter(text)
    }

    private static func simplerPaths(_ path: String) -> [String] {
        let parts = path.split(separator: "/").map(String.init)
        var paths: [[String]] = [[]]
        for index in parts.indices.reversed() {
            var fewer = parts
            fewer.remove(at: index)
            paths.append(fewer)
        }
        for index in parts.indices.reversed() {
            for part in shorter(parts[index]) {
                var other = parts
                other[index] = part
                paths.append(other)
            }
        }
        return paths.map { RequestMutation.normalised($0.joined(separator: "/")) }
    }

    /// The first half, and one character less at either end.
    private static func shorter(_ text: String) -> [String] {
        guard text.count > 1 else { return [] }
        return [String(text.prefix(text.count / 2)), String(text.dropLast()), String(text.dropFirst())]
    }
}
