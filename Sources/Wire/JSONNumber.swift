/// Numbers between their text and their values.
enum JSONNumber {
    /// The value of a well-formed JSON number where it is exactly an integer of 64 bits, however it is written.
    static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
        let isNegative = text[0] == UInt8(ascii: "-")
        let digitsStart = isNegative ? 1 : 0
        var digitsEnd = digitsStart
        var digitCount = 0
        var fractionCount = 0
        var inFraction = false
        while digitsEnd < text.count {
            let byte = text[digitsEnd]
            if byte == UInt8(ascii: ".") {
                inFraction = true
            } else if JSONText.isDigit(byte) {
                digitCount += 1
                fractionCount += inFraction ? 1 : 0
            } else {
                break
            }
            digitsEnd += 1
        }
        // Of the digits written, that many stand before the decimal point once the exponent has moved it.
        let wholeCount = digitCount - fractionCount + exponent(text, from: digitsEnd + 1)
        guard
            let magnitude = magnitude(text, from: digitsStart, to: digitsEnd, wholeCount: wholeCount, digitCount)
        else { return nil }
        if isNegative { return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil }
        return Int64(exactly: magnitude)
    }

    private static func magnitude(
        _ text: UnsafeRawBufferPointer, from start: Int, to end: Int, wholeCount: Int, _ digitCount: Int
    ) -> UInt64? {
        var value: UInt64 = 0
        var seen = 0
        for position in start..<end where text[position] != UInt8(ascii: ".") {
            let digit = UInt64(text[position] - UInt8(ascii: "0"))
            if seen < wholeCount {
                guard let next = appending(digit, to: value) else { return nil }
                value = next
            } else if digit != 0 {
                return nil
            }
            seen += 1
        }
        guard value != 0 else { return 0 }
        while seen < wholeCount {
            guard let next = appending(0, to: value) else { return nil }
            value = next
            seen += 1
        }
        return value
    }

    private static func appending(_ digit: UInt64, to value: UInt64) -> UInt64? {
        let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
        let (sum, carried) = product.addingReportingOverflow(digit)
        return overflowed || carried ? nil : sum
    }

    /// The exponent whose sign or first digit is at `start`, 0 where there is none. It stops growing far beyond
    /// what any text could make up for with digits.
    private static func exponent(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard start < text.count else { return 0 }
        var value = 0
        for position in start..<text.count where JSONText.isDigit(text[position]) {
            value = min(value * 10 + Int(text[position] - UInt8(ascii: "0")), 1 << 40)
        }
        return text[start] == UInt8(ascii: "-") ? -value : value
    }

    /// The nearest double to a well-formed JSON number; infinite where it is too large for one.
    static func double(_ text: UnsafeRawBufferPointer) -> Double {
        let text = String(decoding: text, as: UTF8.self)
        guard let value = Double(text) else { preconditionFailure("the scanner let \(text) pass for a number") }
        return value
    }

    /// Appends a finite number as ECMAScript writes it (ECMA-262, Number::toString), which RFC 8785 asks for.
    static func append(_ number: Double, to bytes: inout [UInt8]) {
        guard number != 0 else { return bytes.append(UInt8(ascii: "0")) }  // -0 too
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        // Swift and ECMAScript agree on the digits (the fewest that read back the same, of these the nearest); only
        // where the point and the exponent go differs.
        let (digits, point) = decimal(number.magnitude)
        let zero = UInt8(ascii: "0")
        switch point {
        case digits.count...21:
            bytes += digits
            bytes += repeatElement(zero, count: point - digits.count)
        case 1..<digits.count:
            bytes += digits[..<point]
            bytes.append(UInt8(ascii: "."))
            bytes += digits[point...]
        case -5...0:
            bytes += [zero, UInt8(ascii: ".")]
            bytes += repeatElement(zero, count: -point)
            bytes += digits
        default:
            bytes.append(digits[0])
            if digits.count > 1 {
                bytes.append(UInt8(ascii: "."))
                bytes += digits[1...]
            }
            bytes.append(UInt8(ascii: "e"))
            bytes.append(UInt8(ascii: point > 0 ? "+" : "-"))
            bytes += String((point - 1).magnitude).utf8
        }
    }

    /// A positive number as 0.d₁d₂… × 10^point, without zeros at either end of the digits.
    private static func decimal(_ number: Double) -> (digits: [UInt8], point: Int) {
        var digits: [UInt8] = []
        var point = 0
        var inFraction = false
        let text = Array(number.description.utf8)
        for (position, byte) in text.enumerated() {
            if byte == UInt8(ascii: ".") {
                inFraction = true
            } else if byte == UInt8(ascii: "e") {
                point += text.withUnsafeBytes { exponent($0, from: position + 1) }
                break
            } else {
                if !inFraction { point += 1 }
                digits.append(byte)
            }
        }
        let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(leading)
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, point - leading)
    }
}
