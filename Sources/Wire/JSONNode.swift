/// One value or member name of a text that has been read. The tape holds them in the order of the text, so that
/// a container is followed by everything inside it, and a member name by its value.
struct JSONNode {
    /// Where the value begins in the text, in bytes; for a string, its opening quote.
    var start: UInt32
    /// The byte after the value.
    var end: UInt32
    /// How many nodes this value takes on the tape, itself included.
    var span: UInt32 = 1
    /// Members of an object, elements of an array.
    var count: UInt32 = 0
    var kind: JSONView.Kind
    /// A string that was written with at least one escape.
    var isEscaped = false
    /// U+0000 in this string, or in any string below this container.
    var containsNUL = false
}
