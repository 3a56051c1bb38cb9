import Sessions
import Wire

extension StartRequest {
    /// Reads the params of `session.start` from JSON text.
    init(text: String) throws {
        self = try Array(text.utf8).withUnsafeBytes { bytes in
            try JSONReader().read(bytes) { try StartRequest(params: $0) }
        }
    }

    /// A request that is right, but for the members that are put beside the two that must be there.
    init(with members: String) throws {
        try self.init(text: #"{"name":"n","working_directory":"/w",\#(members)}"#)
    }
}
