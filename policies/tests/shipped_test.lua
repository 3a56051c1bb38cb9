-- What the shipped policies promise, for any lists in lib/site.lua. These run whenever the folder is loaded; a set
-- whose tests fail does not come into force. Each names its policy, so that other policies can be added beside it.
local site = require "lib.site"

-- A path that is within nothing, whatever the lists say.
local nowhere = "/nowhere/.."

-- A start of the Claude CLI whose arguments agree with its fields, except where `agent` says otherwise.
local function claude(fields, agent)
  local request = {
    agent = {
      name = "claude",
      permission_mode = fields.permission_mode,
      allowed_tools = fields.allowed_tools or {},
      disallowed_tools = {},
      add_dirs = {},
      skips_permissions = false,
      loads_settings = false,
      unknown_options = {},
    },
  }
  for key, value in pairs(fields) do request[key] = value end
  for key, value in pairs(agent or {}) do request.agent[key] = value end
  return request
end

for _, root in ipairs(site.working_roots) do
  allows({ working_directory = path.join(root, "project") }, "10-working-directory")
end
denies("working-directory", { working_directory = nowhere }, "10-working-directory")

for command in pairs(site.commands) do
  for _, folder in ipairs(site.program_folders) do
    allows({ command = command, executable = path.join(folder, command) }, "20-command")
  end
  denies("command", { command = command, executable = nowhere }, "20-command")
end
denies("command", { command = "/bin/no-such-command" }, "20-command")
if not site.own_settings then denies("command", claude({}, { loads_settings = true }), "20-command") end
if not site.unknown_options then denies("command", claude({}, { unknown_options = { "--x" } }), "20-command") end

for mode in pairs(site.permission_modes) do
  allows(claude { permission_mode = mode }, "30-permission-mode")
  denies("permission-mode", claude({ permission_mode = mode }, { permission_mode = "other" }), "30-permission-mode")
end
for _, mode in ipairs { "auto", "bypassPermissions", "no-such-mode" } do
  if not site.permission_modes[mode] then
    denies("permission-mode", { permission_mode = mode }, "30-permission-mode")
    denies("permission-mode", claude({}, { permission_mode = mode }), "30-permission-mode")
  end
end
denies("permission-mode", claude({}, { skips_permissions = true }), "30-permission-mode")

for _, rule in ipairs(site.tools) do
  local name = tool.parse(rule)
  allows(claude({ allowed_tools = { rule } }, { tools = { name } }), "40-allowed-tools")
  denies("allowed-tools", claude { allowed_tools = { rule } }, "40-allowed-tools")
  denies("allowed-tools", claude({ allowed_tools = { rule } }, { tools = { name, "Other" } }), "40-allowed-tools")
  denies("allowed-tools", claude({}, { allowed_tools = { rule } }), "40-allowed-tools")
end
denies("allowed-tools", { allowed_tools = { "no rule (" } }, "40-allowed-tools")
denies("allowed-tools", { allowed_tools = { "NoSuchTool" } }, "40-allowed-tools")

for _, root in ipairs(site.write_roots) do
  allows({ write_roots = { path.join(root, "out") }, runtime_write_root = root }, "50-write-roots")
  denies("write-roots", { write_roots = { root, nowhere } }, "50-write-roots")
  denies("write-roots", claude({ write_roots = { root } }, { add_dirs = { nowhere } }), "50-write-roots")
end
denies("write-roots", { runtime_write_root = nowhere }, "50-write-roots")
