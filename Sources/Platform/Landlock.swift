internal import CLinux

/// The kernel's means for a process to give up rights for itself and all that it starts, for good.
package enum Landlock {
    /// The ABI that knows every kind of write, the ioctls of devices, and the scopes of signals and abstract sockets: less
    /// would leave a door open.
    package static let abiNeeded = 6

    /// What this kernel offers; throws ENOSYS or EOPNOTSUPP where it offers none.
    package static func abi() throws(SystemError) -> Int {
        Int(try checked("landlock_create_ruleset") { cl_landlock_abi() })
    }

    /// What a confined process may still write to.
    package enum Grant {
        /// Everything below a folder but devices; or one file.
        case writing
        /// A device, or those in a folder: written to and controlled, not made.
        case device
    }

    /// The rights that are left to whoever enforces it on itself. Everyone who has the descriptor can; it outlives this
    /// process then.
    package struct Ruleset: ~Copyable {
        package let descriptor: FileDescriptor

        /// Hands the descriptor over.
        package consuming func take() -> FileDescriptor { descriptor }

        /// No writing anywhere; signals and abstract sockets within the confined processes alone.
        package init() throws(SystemError) {
            descriptor = FileDescriptor(owning: try checked("landlock_create_ruleset") { cl_landlock_ruleset() })
        }

        /// Grants what lies behind the very handle.
        package func allow(_ grant: Grant, _ place: ResolvedPath) throws(SystemError) {
            _ = try checked("landlock_add_rule \(place.path)") {
                cl_landlock_allow(
                    descriptor.number, place.handle.number, place.status.isDirectory ? 1 : 0,
                    grant == .device ? 1 : 0)
            }
        }
    }
}
