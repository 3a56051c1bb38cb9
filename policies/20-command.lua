-- A session runs a program of the site's list, and the real file behind the name is where programs are installed.
local site = require "lib.site"

local function is_claude_file(file)
  for _, pattern in ipairs(site.claude_files) do
    if glob.match(pattern, file) then return true end
  end
  return false
end

local function is_installed(name, file)
  if name == "claude" and is_claude_file(file) then return true end
  return path.within(file, site.program_folders)
end

-- Files of the repository count where the site does not trust it; what the arguments bring counts anywhere.
local function check_settings(agent)
  local files = agent.project_settings or {}
  for _, file in ipairs(files) do
    if not path.within(file, site.trusted_repositories or {}) then
      deny("command", "the session would load %s, and site.trusted_repositories does not name its folder", file)
    end
  end
  local options = agent.settings_options or {}
  if #options > 0 or #files == 0 then
    deny("command", "the arguments load settings of their own, which could undo what is judged here: %s",
      table.concat(options, ", "))
  end
end

return {
  description = "The command is one of site.commands, and its real file is an installed program.",
  decide = function(request)
    local name = path.name(request.command)
    if not site.commands[name] then
      deny("command", "the command %s is not approved here", request.command)
    elseif request.executable and not is_installed(name, request.executable) then
      deny("command", "the command %s is the file %s, which is not in an approved program folder", request.command,
        request.executable)
    end

    local agent = request.agent
    if not agent then return end
    if agent.loads_settings and not site.own_settings then check_settings(agent) end
    if not site.elsewhere then
      for _, option in ipairs(agent.elsewhere or {}) do
        deny("command", "with %s the work goes on outside of the session", option)
      end
    end
    if not site.unknown_options then
      for _, option in ipairs(agent.unknown_options) do
        deny("command", "the argument %s is not a known option of %s", option, agent.name)
      end
    end
  end,
}
