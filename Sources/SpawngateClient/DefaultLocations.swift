internal import Platform

/// Where things are when nobody says otherwise: one rule for the server and for those who look for it.
public enum DefaultLocations {
    /// The file in the state folder that holds the token of the first administrator.
    public static let adminTokenName = "admin.token"

    /// The state folder of the user who runs this program: SPAWNGATE_STATE, or else `/var/lib/spawngate` for root, or else
    /// `$XDG_STATE_HOME/spawngate`, or else `~/.local/state/spawngate`. Nil where there is no home folder either.
    public static func stateFolder() -> String? {
        stateFolder(userIdentifier: Process.userIdentifier) { Process.environment($0) }
    }

    /// The rule itself, for a given user and environment. A relative or empty path in XDG_STATE_HOME or HOME counts as
    /// absent, as the XDG base directory specification has it.
    package static func stateFolder(userIdentifier: UInt32, environment: (String) -> String?) -> String? {
        if let folder = environment("SPAWNGATE_STATE"), !folder.isEmpty { return folder }
        if userIdentifier == 0 { return "/var/lib/spawngate" }
        if let folder = environment("XDG_STATE_HOME"), folder.hasPrefix("/") { return "\(folder)/spawngate" }
        if let home = environment("HOME"), home.hasPrefix("/") { return "\(home)/.local/state/spawngate" }
        return nil
    }
}
