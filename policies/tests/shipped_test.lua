-- What the shipped policies promise, for any lists in lib/site.lua. These run whenever the folder is loaded; a set
-- whose tests fail does not come into force. Each names its policy, so that other policies can be added beside it.
local site = require "lib.site"

-- A path that is within nothing, whatever the lists say.
local nowhere = "/nowhere/.."

-- A start of the Claude CLI whose arguments agree with its fields, except where `agent` says otherwise.
local function claude(fields, agent)
  local members = {
    agent = {
      name = "claude",
      permission_mode = fields.permission_mode,
      allowed_tools = fields.allowed_tools or {},
      disallowed_tools = {},
      add_dirs = {},
      skips_permissions = false,
      loads_settings = false,
      settings_options = {},
      project_settings = {},
      elsewhere = {},
      unknown_options = {},
    },
  }
  for key, value in pairs(fields) do members[key] = value end
  for key, value in pairs(agent or {}) do members.agent[key] = value end
  return request(members)
end

for _, root in ipairs(site.working_roots) do
  allows(request { working_directory = path.join(root, "project") }, "10-working-directory")
end
denies(request { working_directory = nowhere }, "working-directory", "10-working-directory")

for command in pairs(site.commands) do
  for _, folder in ipairs(site.program_folders) do
    allows(request { command = command, executable = path.join(folder, command) }, "20-command")
  end
  denies(request { command = command, executable = nowhere }, "command", "20-command")
end
denies(request { command = "/bin/no-such-command" }, "command", "20-command")
allows(claude {}, "20-command")
if not site.own_settings then
  denies(claude({}, { loads_settings = true }), "command", "20-command")
  denies(claude({}, { loads_settings = true, settings_options = { "--settings" } }), "command", "20-command")
  denies(claude({}, { loads_settings = true, project_settings = { nowhere } }), "command", "20-command")
  for _, root in ipairs(site.trusted_repositories or {}) do
    local file = path.join(root, ".claude/settings.json")
    allows(claude({}, { loads_settings = true, project_settings = { file } }), "20-command")
    denies(claude({}, { loads_settings = true, project_settings = { file, nowhere } }), "command", "20-command")
  end
end
if not site.elsewhere then denies(claude({}, { elsewhere = { "--bg" } }), "command", "20-command") end
if not site.unknown_options then denies(claude({}, { unknown_options = { "--x" } }), "command", "20-command") end

for mode in pairs(site.permission_modes) do
  allows(claude { permission_mode = mode }, "30-permission-mode")
  denies(claude({ permission_mode = mode }, { permission_mode = "other" }), "permission-mode", "30-permission-mode")
end
for _, mode in ipairs { "auto", "bypassPermissions", "no-such-mode" } do
  if not site.permission_modes[mode] then
    denies(request { permission_mode = mode }, "permission-mode", "30-permission-mode")
    denies(claude({}, { permission_mode = mode }), "permission-mode", "30-permission-mode")
  end
end
denies(claude({}, { skips_permissions = true }), "permission-mode", "30-permission-mode")

for _, rule in ipairs(site.tools) do
  local name = tool.parse(rule)
  allows(claude({ allowed_tools = { rule } }, { tools = { name } }), "40-allowed-tools")
  denies(claude { allowed_tools = { rule } }, "allowed-tools", "40-allowed-tools")
  denies(claude({ allowed_tools = { rule } }, { tools = { name, "Other" } }), "allowed-tools", "40-allowed-tools")
  denies(claude({}, { allowed_tools = { rule } }), "allowed-tools", "40-allowed-tools")
end
denies(request { allowed_tools = { "no rule (" } }, "allowed-tools", "40-allowed-tools")
denies(request { allowed_tools = { "NoSuchTool" } }, "allowed-tools", "40-allowed-tools")

for _, root in ipairs(site.write_roots) do
  allows(request { write_roots = { path.join(root, "out") }, runtime_write_root = root }, "50-write-roots")
  denies(request { write_roots = { root, nowhere } }, "write-roots", "50-write-roots")
  denies(claude({ write_roots = { root } }, { add_dirs = { nowhere } }), "write-roots", "50-write-roots")
end
denies(request { runtime_write_root = nowhere }, "write-roots", "50-write-roots")
