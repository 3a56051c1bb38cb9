-- The lists of this site: what the policies beside this folder compare a start with. This is the file to edit; a saved
-- change is in force for the next start within a second.
local site = {}

-- Sessions may work in these folders and below. Narrow this to where your repositories are: { "/srv/repositories" }.
site.working_roots = { "/home", "/root", "/srv", "/tmp", "/var/tmp", "/workspace" }

-- Sessions may write below these folders (the kernel holds them to it).
site.write_roots = site.working_roots

-- Programs that may be started, by name. All but `claude` are here so that a first session can be tried on any machine;
-- a shell or an interpreter runs whatever its arguments say, so on a machine that matters keep `claude` alone.
site.commands = {
  claude = true,
  bash = true,
  cat = true,
  echo = true,
  env = true,
  ["false"] = true,
  git = true,
  printf = true,
  python3 = true,
  sh = true,
  sleep = true,
  ["true"] = true,
}

-- What a name leads to has to lie in one of these folders, so that a file called `echo` elsewhere is no `echo`.
-- An installed Claude CLI is a link: name the folder that holds the real file.
site.program_folders = {
  "/bin",
  "/sbin",
  "/usr/bin",
  "/usr/sbin",
  "/usr/lib/git-core",
  "/usr/local",
  "/opt",
}

-- Where the Claude CLI itself lives, as its installers leave it: matched as globs against the real file.
site.claude_files = {
  "/usr/lib/node_modules/@anthropic-ai/claude-code/**",
  "/home/*/.local/share/claude/**",
  "/root/.local/share/claude/**",
  "/home/**/node_modules/@anthropic-ai/claude-code/**",
  "/root/**/node_modules/@anthropic-ai/claude-code/**",
}

-- Permission modes of the Claude CLI. Left out on purpose: bypassPermissions and auto, which ask nobody.
site.permission_modes = {
  acceptEdits = true,
  default = true,
  dontAsk = true,
  manual = true,
  plan = true,
}

-- Every tool rule that a start asks for has to be covered by one of these. A bare name covers all uses of the tool.
site.tools = {
  "Agent",
  "Edit",
  "Glob",
  "Grep",
  "LSP",
  "NotebookEdit",
  "Read",
  "Skill",
  "TodoWrite",
  "WebSearch",
  "Write",
  "Bash(cargo:*)",
  "Bash(cat:*)",
  "Bash(echo:*)",
  "Bash(git:*)",
  "Bash(go:*)",
  "Bash(ls:*)",
  "Bash(make:*)",
  "Bash(npm:*)",
  "Bash(pytest:*)",
  "Bash(swift:*)",
  "WebFetch(domain:docs.anthropic.com)",
  "WebFetch(domain:github.com)",
}

-- Repositories, or folders of them, whose own settings a session of the Claude CLI may load: .claude, .mcp.json. Its hooks
-- and MCP servers run there with nobody asked, so name only those whose every committer you trust. In all others, a
-- start with `--setting-sources user` loads none of it.
site.trusted_repositories = {}

-- Whether a session of the Claude CLI may bring its own settings (--settings, --mcp-config, --agents, CLAUDE_CONFIG_DIR, …),
-- go on outside of the session (--bg, --cloud, --worktree, …), or have options that Spawngate does not know.
site.own_settings = false
site.elsewhere = false
site.unknown_options = false

return site
