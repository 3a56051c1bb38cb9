-- expect: error: a metatable that is its own __index
return function(request)
  local t = {}
  setmetatable(t, t)
  t.__index = t
  return t.x
end
