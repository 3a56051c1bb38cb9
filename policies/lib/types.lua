---@meta
-- For editors with the Lua language server: what a policy is given. Nothing requires this file.

---@class Principal
---@field name string
---@field roles string[]
---@field address string

---@class Running sessions that run at the moment of the request
---@field total integer
---@field by_principal table<string, integer>
---@field by_executive table<string, integer>
---@field by_mission table<string, integer>

---@class Agent what the arguments really ask of a known agent
---@field name string "claude"
---@field permission_mode? string
---@field tools? string[] nil where the arguments restrict no tools
---@field allowed_tools string[]
---@field disallowed_tools string[]
---@field add_dirs string[]
---@field skips_permissions boolean
---@field loads_settings boolean
---@field unknown_options string[]

---@class Request read-only
---@field name string
---@field executive string
---@field mission_id? string
---@field assignment_id? string
---@field branch? string
---@field prompt? string
---@field expects_report boolean
---@field labels table<string, string>
---@field command string as it was asked for
---@field executable string the real file that will run
---@field args string[] the real arguments
---@field working_directory string a real path
---@field write_roots string[] real paths
---@field runtime_write_root? string
---@field permission_mode? string
---@field allowed_tools string[]
---@field repository_write_allowed boolean
---@field environment table<string, string>
---@field timeout_ms? integer
---@field principal Principal
---@field time { unix: integer, iso: string }
---@field running Running
---@field enforcement { available: boolean }
---@field agent? Agent nil where the command is not a known agent

---Objects to the start. May be called up to 64 times; every objection is shown.
---@param rule string at most 128 bytes
---@param format? string as for string.format; the reason is at most 2,048 bytes
---@param ... any
function deny(rule, format, ...) end

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

---In tests/*_test.lua alone: no policy may fail or deny. The fields replace those of a plain request.
---@param fields table
---@param policy? string asks this policy alone
function allows(fields, policy) end
---In tests/*_test.lua alone: some policy must deny by `rule`.
---@param rule string
---@param fields table
---@param policy? string asks this policy alone
function denies(rule, fields, policy) end
