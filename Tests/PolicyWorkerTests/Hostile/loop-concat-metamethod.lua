-- expect: killed: __concat loops
return function(request)
  local t = setmetatable({}, { __concat = function()
    while true do end
  end })
  return t .. "x"
end
