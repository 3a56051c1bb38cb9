internal import Policy

extension SessionLaunch {
    /// With what was granted in place of what was asked for.
    func narrowed(to granted: Narrowing?) -> SessionLaunch {
        var launch = self
        if let args = granted?.args { launch.args = args }
        return launch
    }
}
