-- Every tool that a session may use is covered by a rule of the site; the arguments ask for no more than the request.
local site = require "lib.site"

local function check(rule)
  if not tool.parse(rule) then
    deny("allowed-tools", "%s is not a tool rule, such as Read or Bash(git diff:*)", rule)
  elseif not tool.covers(site.tools, rule) then
    deny("allowed-tools", "the tool rule %s is not covered by the tools approved here", rule)
  end
end

local function names(rules)
  local found = {}
  for _, rule in ipairs(rules) do
    local name = tool.parse(rule)
    if name then found[name] = true end
  end
  return found
end

return {
  description = "Each rule in allowed_tools is covered by one of site.tools, and the arguments agree with the rules.",
  decide = function(request)
    for _, rule in ipairs(request.allowed_tools) do check(rule) end

    local agent = request.agent
    if not agent then return end
    for _, rule in ipairs(agent.allowed_tools) do
      if not tool.covers(request.allowed_tools, rule) then
        deny("allowed-tools", "the arguments allow %s, which allowed_tools does not", rule)
      end
    end
    if #request.allowed_tools == 0 then return end
    if not agent.tools then
      deny("allowed-tools", "allowed_tools is given, but the arguments restrict no tools (--tools)")
      return
    end
    local named = names(request.allowed_tools)
    for _, name in ipairs(agent.tools) do
      if not named[name] then
        deny("allowed-tools", "the arguments make the tool %s available, which allowed_tools does not name", name)
      end
    end
  end,
}
