internal import CLinux
internal import Glibc

/// TCP sockets. Nothing is buffered here.
package enum Socket {
    /// Listens, non-blocking. Port "0" lets the kernel choose.
    package static func listen(host: String, port: UInt16, backlog: Int32 = 512) throws(SystemError) -> FileDescriptor {
        FileDescriptor(
            owning: try checked("listen on \(host):\(port)") { cl_listen_tcp(host, String(port), backlog) })
    }

    /// Connects, blocking.
    package static func connect(host: String, port: UInt16) throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try checked("connect to \(host):\(port)") { cl_connect_tcp(host, String(port)) })
    }

    /// Whether a name or address stands for this machine's loopback alone; nil where it stands for nothing.
    package static func isLoopback(_ host: String) -> Bool? {
        let answer = cl_is_loopback(host, 0)
        return answer < 0 ? nil : answer == 1
    }

    /// Whether a text is itself an address of this machine's loopback: no list of names is asked, which others may write.
    package static func isLoopback(address: String) -> Bool { cl_is_loopback(address, 1) == 1 }
}

extension FileDescriptor {
    /// The next waiting connection, or nil where nobody waits.
    package func accept() throws(SystemError) -> FileDescriptor? {
        let outcome = retrying { cl_accept(number) }
        switch outcome {
        case 0...: return FileDescriptor(owning: outcome)
        // The peer gave up between its connect and our accept: accept(2) says to treat these as "nobody".
        case -EAGAIN, -ECONNABORTED, -EPROTO, -ENETDOWN, -EHOSTUNREACH: return nil
        default: throw SystemError("accept4", code: -outcome)
        }
    }

    /// The port that a listening socket was given.
    package func localPort() throws(SystemError) -> UInt16 {
        UInt16(clamping: try checked("getsockname") { cl_local_port(number) })
    }

    /// "address:port" of the peer, or "unknown" where it has gone.
    package func peerName() -> String {
        var text = [CChar](repeating: 0, count: 64)
        guard cl_peer_name(number, &text, text.count) == 0 else { return "unknown" }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Receives some bytes.
    package func receive(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> IOOutcome {
        let got = retrying { cl_recv(number, buffer.baseAddress, buffer.count) }
        if got > 0 { return .processed(got) }
        if got == 0 { return .endOfFile }
        if got == -Int(EAGAIN) { return .wouldBlock }
        throw SystemError("recv", code: Int32(-got))
    }

    /// Sends some of the bytes, never raising SIGPIPE.
    package func send(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> IOOutcome {
        let sent = retrying { cl_send(number, bytes.baseAddress, bytes.count) }
        if sent > 0 { return .processed(sent) }
        if sent == 0 || sent == -Int(EAGAIN) { return .wouldBlock }
        throw SystemError("send", code: Int32(-sent))
    }

    /// Says that nothing more will be sent, while the other direction stays open.
    package func shutdownWrite() { _ = cl_shutdown_write(number) }

    /// Bounds how long a blocking send or receive may take.
    package func setTimeout(milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: (milliseconds % 1000) * 1000)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }
}
