/// Makes session ids: `<slug of the name>-<base36 of the milliseconds since 1970>`.
///
/// No id is made twice: within a millisecond a taken one moves on to the next millisecond, and the sequence never goes
/// back, even where the clock does.
package struct SessionIdentifierSource {
    private var latestMilliseconds: Int64
    private var slugsOfLatest: Set<String> = []

    /// `after`: the largest millisecond that any earlier id may carry.
    package init(after latestMilliseconds: Int64) {
        self.latestMilliseconds = latestMilliseconds + 1
    }

    package mutating func next(name: String, wallMilliseconds: Int64) -> String {
        let slug = Self.slug(of: name)
        if wallMilliseconds > latestMilliseconds { advance(to: wallMilliseconds) }
        if !slugsOfLatest.insert(slug).inserted {
            advance(to: latestMilliseconds + 1)
            slugsOfLatest.insert(slug)
        }
        return "\(slug)-\(String(latestMilliseconds, radix: 36))"
    }

    private mutating func advance(to milliseconds: Int64) {
        latestMilliseconds = milliseconds
        slugsOfLatest.removeAll(keepingCapacity: true)
    }

    /// Lower case, every run of anything but a-z and 0-9 a dash, no dash at either end, then cut
    /// to 40 characters (after which one may stand at the end, as the seed's ids have it).
    package static func slug(of name: String) -> String {
        var slug: [UInt8] = []
        for byte in name.lowercased().utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): slug.append(byte)
            default: if let last = slug.last, last != UInt8(ascii: "-") { slug.append(UInt8(ascii: "-")) }
            }
        }
        if slug.last == UInt8(ascii: "-") { slug.removeLast() }
        return slug.isEmpty ? "session" : String(decoding: slug.prefix(40), as: UTF8.self)
    }

    /// The milliseconds that an id carries, or nil where it is not one of ours.
    package static func milliseconds(of id: String) -> Int64? {
        id.split(separator: "-").last.flatMap { Int64($0, radix: 36) }
    }
}
