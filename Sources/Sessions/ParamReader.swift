package import Wire

/// Reads the named params of one call: typed, bounded, and nothing that the method does not know.
package struct ParamReader {
    private let params: JSONView?

    /// Refuses a member that is not in `known`, so that a misspelt one cannot slip past a policy, and a NUL in any
    /// string, which the kernel would take for its end.
    package init(_ params: JSONView?, known: [StaticString]) throws(RPCError) {
        self.params = params
        guard let params else { return }
        var unknown: String?
        var withNUL: String?
        params.forEachMember { name, value in
            if unknown == nil, !known.contains(where: name.equals) { unknown = name.string }
            if withNUL == nil, value.containsNUL { withNUL = name.string }
        }
        if let unknown {
            throw RPCError.invalidParams(
                "There is no param \"\(RPCError.excerpt(unknown))\" here.", param: unknown)
        }
        if let withNUL { throw RPCError.invalidParams("\(withNUL) holds the character U+0000.", param: withNUL) }
    }

    /// The member, where it is there and not null.
    package func member(_ name: StaticString) -> JSONView? {
        guard let member = params?[name], member.kind != .null else { return nil }
        return member
    }

    /// A text, trimmed; an empty one is absent.
    package func text(_ name: StaticString, bytesMax: Int = StartLimits.textBytesMax) throws(RPCError) -> String? {
        guard let member = member(name) else { return nil }
        guard let text = member.string else { throw wrong(name, "must be a string") }
        let trimmed = text.trimmed()
        if trimmed.utf8.count > bytesMax { throw wrong(name, "is longer than \(bytesMax) bytes") }
        return trimmed.isEmpty ? nil : trimmed
    }

    /// A text that must be there.
    package func requiredText(_ name: StaticString) throws(RPCError) -> String {
        guard let text = try text(name) else { throw wrong(name, "is required") }
        return text
    }

    package func flag(_ name: StaticString) throws(RPCError) -> Bool? {
        guard let member = member(name) else { return nil }
        guard let flag = member.bool else { throw wrong(name, "must be true or false") }
        return flag
    }

    package func integer(_ name: StaticString, in range: ClosedRange<Int64>) throws(RPCError) -> Int64? {
        guard let member = member(name) else { return nil }
        guard let integer = member.int, range.contains(integer) else {
            throw wrong(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    /// A whole number that must be there.
    package func required(_ name: StaticString, in range: ClosedRange<Int64>) throws(RPCError) -> Int64 {
        guard let integer = try integer(name, in: range) else { throw wrong(name, "is required") }
        return integer
    }

    /// A time in the form of `Timestamp`, in milliseconds since 1970.
    package func time(_ name: StaticString) throws(RPCError) -> Int64? {
        guard let text = try text(name) else { return nil }
        guard let milliseconds = Timestamp.milliseconds(of: text) else {
            throw wrong(name, "must be a time such as 2026-11-24T09:30:00.000Z")
        }
        return milliseconds
    }

    /// A list of strings, as they are; nil where it is absent.
    package func list(_ name: StaticString, countMax: Int, bytesMax: Int) throws(RPCError) -> [String]? {
        guard let member = member(name) else { return nil }
        guard member.kind == .array else { throw wrong(name, "must be a list of strings") }
        if member.count > countMax { throw wrong(name, "has more than \(countMax) entries") }
        var texts: [String] = []
        texts.reserveCapacity(member.count)
        for index in 0..<member.count {
            guard let text = member[index]?.string else { throw wrong(name, "must be a list of strings") }
            if text.utf8.count > bytesMax { throw wrong(name, "has an entry longer than \(bytesMax) bytes") }
            texts.append(text)
        }
        return texts
    }

    /// A list of trimmed, non-empty texts; empty where it is absent.
    package func trimmedList(_ name: StaticString, countMax: Int) throws(RPCError) -> [String] {
        let texts = try list(name, countMax: countMax, bytesMax: StartLimits.textBytesMax) ?? []
        return try texts.map { (text) throws(RPCError) in
            let trimmed = text.trimmed()
            if trimmed.isEmpty { throw wrong(name, "has an empty entry") }
            return trimmed
        }
    }

    /// An object whose values are strings, in byte order of the names.
    package func texts(_ name: StaticString, countMax: Int, bytesMax: Int) throws(RPCError) -> [NamedText] {
        guard let member = member(name) else { return [] }
        guard member.kind == .object else { throw wrong(name, "must be an object of strings") }
        if member.count > countMax { throw wrong(name, "has more than \(countMax) members") }
        var texts: [NamedText] = []
        var isWrong = false
        member.forEachMember { key, value in
            if let key = key.string, let value = value.string, key.utf8.count + value.utf8.count < bytesMax {
                texts.append(NamedText(name: key, text: value))
            } else {
                isWrong = true
            }
        }
        if isWrong { throw wrong(name, "must be an object of strings, each shorter than \(bytesMax) bytes") }
        return texts.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// -32602 that blames one param.
    package func wrong(_ name: StaticString, _ what: String) -> RPCError {
        RPCError.invalidParams("\(name) \(what).", param: "\(name)")
    }
}

extension String {
    /// Without white space (and byte order marks) at either end.
    package func trimmed() -> String {
        // Nearly every text begins and ends in printing ASCII; what Unicode says of it costs more than the whole call.
        if let first = utf8.first, let last = utf8.last, 0x21...0x7E ~= first, 0x21...0x7E ~= last { return self }
        func isSpace(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.isWhitespace || scalar.value == 0xFEFF
        }
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !isSpace($0) }),
            let last = scalars.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(scalars[first...last])
    }
}
