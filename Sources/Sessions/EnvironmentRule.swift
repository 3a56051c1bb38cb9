internal import Wire

/// Which variables a caller may set: none that changes what a program loads or runs before its own first line.
///
/// The names are those that glibc drops for set-user-ID programs (ld.so(8), `unsecvars.h`), those that sudo's `env.c`
/// drops by default, and the start-up hooks of common interpreters and of git.
package enum EnvironmentRule {
    private static let refusedPrefixes = [
        "LD_", "DYLD_", "SPAWNGATE_", "BASH_FUNC_", "GIT_CONFIG", "MALLOC_", "GLIBC_", "GCONV_", "NIX_LD", "BUN_",
        "NPM_CONFIG_",
    ]
    private static let refused: Set<String> = [
        "TMPDIR", "IFS", "ENV", "BASH_ENV", "BASHOPTS", "SHELLOPTS", "PS4", "PROMPT_COMMAND", "CDPATH", "GLOBIGNORE",
        "ZDOTDIR", "NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA_CA_CERTS", "NODE_REPL_EXTERNAL_MODULE",
        "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONUSERBASE", "PYTHONBREAKPOINT",
        "PYTHONWARNINGS", "PERL5LIB", "PERLLIB", "PERL5OPT", "PERL5DB", "RUBYLIB", "RUBYOPT", "JAVA_TOOL_OPTIONS",
        "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH", "LUA_INIT", "LUA_PATH", "LUA_CPATH", "PHPRC",
        "PHP_INI_SCAN_DIR", "TCLLIBPATH", "AWKPATH", "AWKLIBPATH", "R_PROFILE", "R_ENVIRON", "JULIA_LOAD_PATH",
        "DOTNET_STARTUP_HOOKS", "CORECLR_PROFILER_PATH", "GEM_PATH", "GEM_HOME", "OPENSSL_CONF", "OPENSSL_MODULES",
        "OPENSSL_ENGINES", "GTK_MODULES", "QT_PLUGIN_PATH", "LOCPATH", "NLSPATH", "HOSTALIASES", "RES_OPTIONS",
        "LOCALDOMAIN", "RESOLV_HOST_CONF", "TERMINFO", "TERMINFO_DIRS", "TERMCAP", "TZDIR", "GETCONF_DIR",
        "GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS", "SSH_ASKPASS", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER",
        "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR", "GIT_PROXY_COMMAND", "EDITOR", "VISUAL", "PAGER",
        "MANPAGER", "LESSOPEN", "LESSCLOSE", "BROWSER", "RUSTC_WRAPPER", "CARGO_HOME",
    ]

    /// Why a name may not be set, or nil where it may. Compared without regard to case, which some programs ignore.
    package static func objection(to name: String) -> String? {
        let bytes = Array(name.utf8)
        let isName =
            !bytes.isEmpty
            && bytes.enumerated().allSatisfy { index, byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                    true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
                default: false
                }
            }
        if !isName { return "environment has a name that is not one: \(RPCError.excerpt(name))" }
        let upper = name.uppercased()
        if refused.contains(upper) || refusedPrefixes.contains(where: upper.hasPrefix) {
            return
                "environment may not set \(RPCError.excerpt(name)): it changes what a program loads or where it is confined"
        }
        return nil
    }
}
