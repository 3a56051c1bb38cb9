import Sessions
import Testing
import Wire

@Suite struct EnvironmentRuleTests {
    @Test(arguments: [
        "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "LD_", "ld_preload", "Ld_Preload", "DYLD_INSERT_LIBRARIES",
        "SPAWNGATE_SESSION_ID", "spawngate_token", "TMPDIR", "IFS", "ENV", "BASH_ENV", "BASH_FUNC_ls", "SHELLOPTS",
        "PS4", "PROMPT_COMMAND", "ZDOTDIR", "NODE_OPTIONS", "node_options", "NODE_PATH", "NODE_EXTRA_CA_CERTS",
        "BUN_INSPECT_PRELOAD", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PERL5LIB", "PERL5OPT", "RUBYOPT",
        "RUBYLIB",
        "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "LUA_INIT", "LUA_PATH", "GCONV_PATH", "MALLOC_CHECK_",
        "GLIBC_TUNABLES", "NIX_LD", "LOCPATH", "HOSTALIASES", "RESOLV_HOST_CONF", "TERMINFO", "TZDIR",
        "GIT_SSH_COMMAND",
        "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_EXEC_PATH", "EDITOR", "PAGER", "LESSOPEN", "BROWSER",
        "OPENSSL_CONF",
        "RUSTC_WRAPPER", "DOTNET_STARTUP_HOOKS",
    ])
    func aVariableThatChangesWhatAProgramLoadsIsRefused(name: String) {
        let message = "environment may not set \(name): it changes what a program loads or where it is confined"
        #expect(throws: RPCError.invalidParams(message, param: "environment")) {
            try StartRequest(with: #""environment":{"AA":"fine","\#(name)":""}"#)
        }
    }

    @Test(arguments: ["", " ", "A B", "A=B", "=", "1A", "A-B", "A.B", "Ä", "A\u{301}", "A;B", "A\nB", "BASH_FUNC_x%%"])
    func whatIsNoNameIsRefused(name: String) {
        #expect(EnvironmentRule.objection(to: name) == "environment has a name that is not one: \(name)")
    }

    @Test(arguments: [
        "PATH", "HOME", "A", "_", "a1", "FOO_BAR", "LDAP_URL", "MY_LD_PRELOAD", "XLD_PRELOAD", "LD",
        "ANTHROPIC_API_KEY",
        "TZ", "LANG", "ENVIRONMENT", "NODE_ENV", "TMPDIRS", "GIT_AUTHOR_NAME", "HTTPS_PROXY",
    ])
    func anyOtherVariableMayBeSet(name: String) throws {
        let request = try StartRequest(with: #""environment":{"\#(name)":"v"}"#)
        #expect(request.environment == [NamedText(name: name, text: "v")])
    }
}
