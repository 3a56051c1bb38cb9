-- An agent runs in a permission mode of the site's list, and its arguments say the same mode as the request.
local site = require "lib.site"

return {
  description = "The permission mode is one of site.permission_modes, in the request and in the arguments alike.",
  decide = function(request)
    local agent = request.agent
    local mode = request.permission_mode or (agent and "default")
    if mode and not site.permission_modes[mode] then
      deny("permission-mode", "permission mode %s is not approved here", mode)
    end

    if not agent then return end
    local real = agent.permission_mode or "default"
    if real ~= mode then
      deny("permission-mode", "the arguments ask for permission mode %s, the request for %s", real, mode)
      if not site.permission_modes[real] then
        deny("permission-mode", "permission mode %s is not approved here", real)
      end
    end
    if agent.skips_permissions then
      deny("permission-mode", "the arguments skip all permission checks, which is not approved here")
    end
  end,
}
