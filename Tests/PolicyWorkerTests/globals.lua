-- Lists everything that a policy can reach by name, as denials of the rule "globals"; globals.txt is what it should be.
local function walk(value, name, lines)
  lines[#lines + 1] = name .. " " .. type(value)
  local metatable = getmetatable(value)
  if metatable then walk(metatable, "metatable of " .. name, lines) end
  if type(value) ~= "table" then return end
  for key, member in pairs(value) do
    if member ~= _G then walk(member, name == "_G" and key or name .. "." .. tostring(key), lines) end
  end
end

return function()
  local lines = {}
  walk(_G, "_G", lines)
  walk("", "a string", lines)
  for i = 1, #lines, 32 do deny("globals", "%s", table.concat(lines, "\n", i, math.min(i + 31, #lines))) end
end
