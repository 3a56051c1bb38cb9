package import TLS

extension TLSSession {
    /// What all of these bytes come to.
    package func open(_ sealed: [UInt8]) throws(TLSFailure) -> [UInt8] {
        var plain = [UInt8](repeating: 0, count: sealed.count + TLSSession.recordBytes)
        var (used, end) = (0, 0)
        while true {
            let outcome = sealed.withUnsafeBytes { sealed in
                plain.withUnsafeMutableBytes { plain in
                    Result { () throws(TLSFailure) in
                        try open(
                            UnsafeRawBufferPointer(rebasing: sealed[used...]),
                            into: UnsafeMutableRawBufferPointer(rebasing: plain[end...]))
                    }
                }
            }
            let step = try outcome.get()
            used += step.used
            end += step.opened
            if step.opened == 0 { return Array(plain[..<end]) }
        }
    }

    /// Takes what is to be sent to the peer.
    package func takeSealed() -> [UInt8] {
        let bytes = Array(sealed)
        sent(bytes.count)
        return bytes
    }
}
