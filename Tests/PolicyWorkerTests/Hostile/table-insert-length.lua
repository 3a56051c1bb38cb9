-- expect: killed: insert at the front of a list that claims a huge length
return function(request)
  local t = setmetatable({}, { __len = function() return math.maxinteger - 1 end, __index = function() return 1 end, __newindex = function() end })
  table.insert(t, 1, "x")
end
