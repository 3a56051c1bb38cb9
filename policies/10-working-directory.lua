-- A session works in one of the site's folders.
local site = require "lib.site"

return {
  description = "The working directory lies in one of site.working_roots.",
  decide = function(request)
    if not path.within(request.working_directory, site.working_roots) then
      deny("working-directory", "the working directory %s is not in an approved folder (%s)", request.working_directory,
        table.concat(site.working_roots, ", "))
    end
  end,
}
