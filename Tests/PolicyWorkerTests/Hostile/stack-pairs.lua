-- expect: error: __pairs that calls pairs
return function(request)
  local t = setmetatable({}, { __pairs = function(t) return pairs(t) end })
  for _ in pairs(t) do end
end
