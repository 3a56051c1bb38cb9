-- expect: error: a chain of __index tables longer than Lua follows
return function(request)
  local t = {}
  for _ = 1, 5000 do t = setmetatable({}, { __index = t }) end
  return t.x
end
