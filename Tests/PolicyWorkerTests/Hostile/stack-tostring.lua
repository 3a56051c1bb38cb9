-- expect: error: __tostring that calls tostring
return function(request)
  local t = setmetatable({}, { __tostring = function(t) return tostring(t) end })
  return tostring(t)
end
