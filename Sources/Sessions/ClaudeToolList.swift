/// A list of tool rules as the Claude CLI takes it apart: at commas and spaces that stand outside parentheses. Its
/// parentheses do not nest: the first `)` closes.
package enum ClaudeToolList {
    /// The rules in the values of one option, in their order.
    package static func split(_ values: [String]) -> [String] {
        var rules: [String] = []
        for value in values {
            var rule: [UInt8] = []
            var isInside = false
            func finish() {
                let text = String(decoding: rule, as: UTF8.self).trimmed()
                if !text.isEmpty { rules.append(text) }
                rule = []
            }
            for byte in value.utf8 {
                switch byte {
                case UInt8(ascii: "("): isInside = true
                case UInt8(ascii: ")"): isInside = false
                case UInt8(ascii: ","), UInt8(ascii: " "):
                    if !isInside {
                        finish()
                        continue
                    }
                default: break
                }
                rule.append(byte)
            }
            finish()
        }
        return rules
    }
}
