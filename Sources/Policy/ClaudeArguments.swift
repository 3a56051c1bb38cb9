/// The arguments of the Claude CLI, read as its own parser reads them (2.1.331): a Commander without abbreviations.
///
/// The CLI looks for some options a second time, before its parser runs, with a simpler reader that does not know
/// combined short flags. Where the two could differ (`-pn --settings x`: to the parser a name, to the other settings),
/// `mentions` tells what either may have seen.
struct ClaudeArguments {
    /// Each option in its order, with the values that it took.
    private(set) var options: [(option: ClaudeOption, values: [String])] = []
    /// What is no option and no value of one: the prompt, or a command with its own arguments.
    private(set) var operands: [String] = []
    /// Options that the CLI does not have, and those that lack their value.
    private(set) var unknown: [String] = []
    private let arguments: [String]
    /// As the simpler reader sees them.
    private let plain: [(option: ClaudeOption, value: String?)]
    /// How many arguments come before the end of the options, as the more patient of the two readers sees it.
    private var optionsEnd: Int

    init(_ arguments: [String]) {
        self.arguments = arguments
        let (plain, plainEnd) = Self.plainOptions(arguments)
        self.plain = plain
        optionsEnd = arguments.count
        read()
        optionsEnd = max(optionsEnd, plainEnd)
    }

    /// The values of all options with a meaning, in their order.
    func values(_ meaning: ClaudeOption.Meaning) -> [String] {
        options.filter { $0.option.meaning == meaning }.flatMap(\.values)
    }

    /// Whether the CLI's parser found an option with that meaning, and its simpler reader as well.
    func has(_ meaning: ClaudeOption.Meaning) -> Bool {
        options.contains { $0.option.meaning == meaning } && plain.contains { $0.option.meaning == meaning }
    }

    /// The last value of an option of one value, where both readers see the same; else nil.
    func lastValue(_ meaning: ClaudeOption.Meaning) -> String? {
        guard let value = values(meaning).last,
            let other = plain.last(where: { $0.option.meaning == meaning })?.value,
            value.utf8.elementsEqual(other.utf8)
        else { return nil }
        return value
    }

    /// The options with a meaning that stand anywhere before the end of the options, be it as the value of another.
    func mentions(_ meaning: ClaudeOption.Meaning) -> [String] {
        var names: [String] = []
        func add(_ option: ClaudeOption?) {
            if let option, option.meaning == meaning, !names.contains(option.name) { names.append(option.name) }
        }
        for argument in arguments.prefix(optionsEnd) where argument.utf8.first == UInt8(ascii: "-") {
            add(ClaudeOption.named(argument.prefix { $0 != "=" }))
        }
        for (option, _) in options { add(option) }
        return names
    }

    /// The word that makes the CLI another program than an agent: a command, or what its entry takes for one.
    var command: String? {
        if let link = arguments.first(where: { $0.hasPrefix("cc://") || $0.hasPrefix("cc+unix://") }) { return link }
        if let first = arguments.first, ClaudeOption.commands.contains(first) { return first }
        // With -p there are no commands: their names are prompts.
        guard !plain.contains(where: { $0.option.meaning == .prints }), let first = operands.first,
            ClaudeOption.commands.contains(first)
        else { return nil }
        return first
    }

    // MARK: the parser

    static func isOption(_ argument: String) -> Bool {
        argument.utf8.count > 1 && argument.utf8.first == UInt8(ascii: "-")
    }

    private mutating func read() {
        var next = 0
        // What is left of combined short flags: `-pc` is `-p` and then `-c`.
        var rest: String?
        while rest != nil || next < arguments.count {
            let argument: String
            if let pending = rest {
                argument = pending
                rest = nil
            } else {
                argument = arguments[next]
                next += 1
            }
            if argument == "--" {
                optionsEnd = next
                operands += arguments[next...]
                return
            }
            guard Self.isOption(argument) else {
                operands.append(argument)
                continue
            }
            if let option = ClaudeOption.named(argument) {
                take(option, &next)
            } else if argument.utf8.starts(with: "--".utf8) {
                takeWithValue(argument)
            } else {
                rest = takeShort(argument)
            }
        }
    }

    private mutating func take(_ option: ClaudeOption, _ next: inout Int) {
        let start = next
        switch option.arity {
        case .flag: break
        case .one, .variadic:
            // Whatever it is, `--` too.
            if next == arguments.count { return unknown.append(option.name) }
            next += 1
        case .optional:
            if next < arguments.count, !Self.isOption(arguments[next]) { next += 1 }
        }
        if option.arity == .variadic {
            while next < arguments.count, !Self.isOption(arguments[next]) { next += 1 }
        }
        options.append((option, Array(arguments[start..<next])))
    }

    /// `--name=value`
    private mutating func takeWithValue(_ argument: String) {
        guard let sign = argument.utf8.firstIndex(of: UInt8(ascii: "=")),
            let option = ClaudeOption.named(argument[..<sign]), option.arity != .flag
        else { return unknown.append(argument) }
        options.append((option, [String(argument[argument.utf8.index(after: sign)...])]))
    }

    /// `-nVALUE`, or the first of several short flags; answers the others.
    private mutating func takeShort(_ argument: String) -> String? {
        let bytes = Array(argument.utf8)
        let name = String(decoding: bytes.prefix(2), as: UTF8.self)
        let rest = String(decoding: bytes.dropFirst(2), as: UTF8.self)
        guard let option = ClaudeOption.named(name) else {
            unknown.append(argument)
            return nil
        }
        options.append((option, option.arity == .flag ? [] : [rest]))
        return option.arity == .flag ? "-\(rest)" : nil
    }

    // MARK: the simpler reader

    /// The options that a reader sees which takes no combined short flags apart, each with what may be its first value,
    /// and how many arguments it looks at.
    private static func plainOptions(
        _ arguments: [String]
    ) -> (found: [(option: ClaudeOption, value: String?)], end: Int) {
        var found: [(option: ClaudeOption, value: String?)] = []
        var next = 0
        while next < arguments.count {
            let argument = arguments[next]
            next += 1
            if argument == "--" { return (found, next) }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if let option = ClaudeOption.named(parts[0]) {
                let following = next < arguments.count ? arguments[next] : nil
                found.append((option, parts.count > 1 ? String(parts[1]) : following))
            }
            switch ClaudeOption.named(argument)?.arity {
            case .one: next += 1
            case .variadic:
                next += 1
                while next < arguments.count, !isOption(arguments[next]) { next += 1 }
            case .optional:
                if next < arguments.count, !isOption(arguments[next]) { next += 1 }
            case .flag, nil: break
            }
        }
        return (found, arguments.count)
    }
}
