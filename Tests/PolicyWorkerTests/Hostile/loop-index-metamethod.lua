-- expect: killed: __index that calls itself by way of the table
return function(request)
  local t = setmetatable({}, {
    __index = function(_, key)
      while true do key = key end
    end,
  })
  return t.x
end
