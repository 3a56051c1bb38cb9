-- expect: error: __index that asks for itself
return function(request)
  local t = setmetatable({}, { __index = function(t, k) return t[k] end })
  return t.x
end
