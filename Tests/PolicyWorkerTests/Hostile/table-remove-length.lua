-- expect: killed: remove from such a list
return function(request)
  local t = setmetatable({}, { __len = function() return math.maxinteger - 1 end, __index = function() return 1 end, __newindex = function() end })
  table.remove(t, 1)
end
