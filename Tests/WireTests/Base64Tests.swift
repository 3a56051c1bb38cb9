import Testing
import Wire

@Suite struct Base64Tests {
    @Test(arguments: [
        ("", []), ("AA==", [0]), ("AAE=", [0, 1]), ("AAEC", [0, 1, 2]), ("//79+w==", [255, 254, 253, 251]),
    ])
    func base64IsDecoded(text: String, bytes: [UInt8]) { #expect(Base64.decode(text) == bytes) }

    @Test(arguments: ["A", "AA", "AA=", "A===", "AA=A", "AA-_", "AAA\n"])
    func whatIsNotBase64IsRefused(text: String) { #expect(Base64.decode(text) == nil) }

    @Test func whatIsEncodedIsReadBack() {
        for count in 0..<64 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
        #expect(Base64.encode(Array("fooba".utf8)) == "Zm9vYmE=")
        #expect(Base64.encode(Array("foob".utf8)) == "Zm9vYg==")
    }
}
