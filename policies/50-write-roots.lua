-- A session writes below the site's folders only; so do the folders that the arguments add.
local site = require "lib.site"

local function check(folder)
  if not path.within(folder, site.write_roots) then
    deny("write-roots", "the write root %s is not in an approved folder (%s)", folder,
      table.concat(site.write_roots, ", "))
  end
end

return {
  description = "Every write root lies in one of site.write_roots.",
  decide = function(request)
    for _, root in ipairs(request.write_roots) do check(root) end
    if request.runtime_write_root then check(request.runtime_write_root) end
    if not request.agent then return end
    for _, folder in ipairs(request.agent.add_dirs) do
      if not path.within(folder, request.write_roots) then
        deny("write-roots", "the arguments add the folder %s, which is not in a write root of the session", folder)
      end
    end
  end,
}
