internal import Wire

/// Reads a record's time where it stands.
enum RecordTime {
    /// Milliseconds since 1970 of `2026-11-24T11:20:00.000Z`; nil where it is in any other form, or no date.
    static func milliseconds(_ view: JSONView) -> Int64? {
        let text = UnsafeRawBufferPointer(rebasing: view.rawBytes.dropFirst().dropLast())
        guard view.kind == .string, text.count == 24 else { return nil }
        let form: StaticString = "0000-00-00T00:00:00.000Z"
        for index in 0..<24 {
            let (byte, expected) = (text[index], form.utf8Start[index])
            let isRight = expected == UInt8(ascii: "0") ? byte &- UInt8(ascii: "0") < 10 : byte == expected
            if !isRight { return nil }
        }
        func number(_ range: Range<Int>) -> Int64 {
            var value: Int64 = 0
            for index in range { value = value * 10 + Int64(text[index] - UInt8(ascii: "0")) }
            return value
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        guard year >= 1, (1...12).contains(month), hour < 24, minute < 60, second < 60 else { return nil }
        let monthLength: Int64 =
            switch month {
            case 2: isLeap ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        guard (1...monthLength).contains(day) else { return nil }
        // The year begins in March, so that the leap day is its last.
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + number(20..<23)
    }
}
