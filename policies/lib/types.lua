---@meta
-- For editors with the Lua language server: what a policy is given. Nothing requires this file.

---@class Policy what a policy file returns, where it returns more than the function
---@field name? string by default the file's name without ".lua"
---@field description? string shown by `spawngate policy list`
---@field decide fun(request: Request) objects by calling deny, and returns nothing

---@class Principal
---@field name string
---@field roles ("admin"|"auditor"|"operator"|"viewer")[]
---@field address string "address:port" of the connection

---@class Time
---@field unix integer seconds since 1970
---@field iso string "2026-11-24T09:30:00.000Z"

---@class Running
---@field total integer
---@field by_principal table<string, integer> names of those that have a session running; nil for all others
---@field by_executive table<string, integer>
---@field by_mission table<string, integer>

---@class Enforcement
---@field available boolean whether the kernel will hold the session to its write roots

---What the arguments really ask of a known agent, whatever the request says: read back from `args` as the agent itself
---reads them (Claude CLI 2.1.331). There is none where the program is another, such as a shell or `env` that starts the
---agent in turn; site.commands decides which of those may run. A prompt that begins with "/" is a command of the CLI, and
---"@file" in it attaches that file.
---@class Agent
---@field name string "claude"
---@field permission_mode? string the last one named; nil where the arguments name none, and settings decide
---@field tools? string[] nil where the arguments restrict no tools
---@field allowed_tools string[] rules that need no permission
---@field disallowed_tools string[]
---@field add_dirs string[] as written; relative ones count from the working directory
---@field skips_permissions boolean whether all permission checks are off, or can be turned off later
---@field loads_settings boolean whether it would load settings, hooks, MCP servers or plugins not seen here
---@field settings_options string[] what of the arguments and of `environment` does so, such as "--settings"
---@field project_settings string[] files in or above the working directory that do so, such as "/srv/x/.mcp.json"
---@field elsewhere string[] options by which the work goes on outside of the session, such as "--bg"
---@field subcommand? string such as "mcp": the CLI is then no agent; also among unknown_options
---@field unknown_options string[]

---@class Request read-only at every depth; what was not given is nil, lists are always tables
---@field name string of the session
---@field executive string on whose behalf it works; "Unassigned" where nobody was named
---@field mission_id? string
---@field assignment_id? string
---@field branch? string
---@field prompt? string what the agent reads first, on its standard input
---@field expects_report boolean
---@field labels table<string, string>
---@field command string as it was asked for
---@field executable? string the real file that will run; nil where there is no such program
---@field args string[] the real arguments, without the command
---@field working_directory string a real path: no links, no "." or ".."
---@field write_roots string[] real paths of the further folders that it may write to
---@field runtime_write_root? string a real path
---@field permission_mode? string as the request has it; agent.permission_mode is what the arguments say
---@field allowed_tools string[] tool rules, such as "Bash(git diff:*)"
---@field repository_write_allowed boolean whether it may write to the working directory
---@field environment table<string, string> the variables that the caller adds
---@field timeout_ms? integer after which it is stopped
---@field principal Principal who asks
---@field time Time of the request
---@field running Running sessions that run at this moment, and starts that are being judged beside this one
---@field enforcement Enforcement
---@field agent? Agent nil where the command is not a known agent

---@class RequestMembers what a test gives to `request`
---@field name? string
---@field executive? string
---@field mission_id? string
---@field assignment_id? string
---@field branch? string
---@field prompt? string
---@field expects_report? boolean
---@field labels? table<string, string>
---@field command? string
---@field executable? string
---@field args? string[]
---@field working_directory? string
---@field write_roots? string[]
---@field runtime_write_root? string
---@field permission_mode? string
---@field allowed_tools? string[]
---@field repository_write_allowed? boolean
---@field environment? table<string, string>
---@field timeout_ms? integer
---@field principal? Principal
---@field time? Time
---@field running? Running
---@field enforcement? Enforcement
---@field agent? Agent

---Objects to the start. May be called up to 64 times; every objection is shown.
---@param rule string at most 128 bytes
---@param format? string as for string.format; the reason is at most 2,048 bytes
---@param ... any
function deny(rule, format, ...) end

---@class Narrowing what is granted in place of what was asked for; each member lets through less than the request's own
---@field permission_mode? "plan"|"default"|"manual"|"dontAsk"|"acceptEdits"|"auto"|"bypassPermissions"
---@field allowed_tools? string[] each covered (tool.covers) by one of request.allowed_tools
---@field write_roots? string[] each within (path.within) a folder that the request may write to
---@field repository_write_allowed? false

---Lets the start through with less than it asked for: the session runs with what is granted, and the decision records
---both. What does not let through less is an error, and nothing starts; so is what cannot be combined with what other
---policies grant, which comes to what all of them let through. The modes, from less to more: plan, default and dontAsk
---(neither is more than the other), acceptEdits, auto, bypassPermissions; manual is default. Mode and tools can be
---narrowed only where the server writes the arguments: a start of claude with a prompt and without args.
---@param members Narrowing
function narrow(members) end

path = {}
---By whole components: "/work/ab" is not within "/work/a". A path with ".", ".." or "//" is within nothing.
---@param p string
---@param root_or_roots string|string[]
---@return boolean
function path.within(p, root_or_roots) end
---@param ... string
---@return string
function path.join(...) end
---@param p string
---@return string? # nil for "/" and for a single component
function path.parent(p) end
---@param p string
---@return string
function path.name(p) end

glob = {}
---`*` any but "/", `**` any, `?` one but "/", `[a-z]` and `[!a-z]`; the whole text has to match.
---@param pattern string
---@param text string
---@return boolean
function glob.match(pattern, text) end

tool = {}
---@param rule string such as "Bash(git diff:*)"
---@return string? name
---@return string? specifier
function tool.parse(rule) end
---True only where every call that `asked` lets through is let through by `granted`.
---@param granted string|string[]
---@param asked string
---@return boolean
function tool.covers(granted, asked) end

---In tests/*_test.lua alone. Makes a plain request with these members in place of its own: a start of `claude` without
---arguments in /srv/project, asked for by an operator, with nothing else running. Lists and tables are replaced whole.
---A member that no request has is an error.
---@param members RequestMembers
---@return Request
function request(members) end

---In tests/*_test.lua alone: a test that passes where no policy denies or fails.
---@param request Request
---@param policy? string a policy's name: asks this policy alone
function allows(request, policy) end

---In tests/*_test.lua alone: a test that passes where no policy denies or fails, and exactly these members are granted
---in place of those asked for; `{}`: all is granted as it was asked for.
---@param request Request
---@param members Narrowing the order of its lists means nothing
---@param policy? string a policy's name: asks this policy alone
function narrows(request, members, policy) end

---In tests/*_test.lua alone: a test that passes where some policy denies by this rule, and none before it fails.
---@param request Request
---@param rule string
---@param policy? string a policy's name: asks this policy alone
function denies(request, rule, policy) end
