-- expect: killed or error: concat of such a list
return function(request)
  return table.concat(setmetatable({}, { __len = function() return math.maxinteger end, __index = function() return "xxxxxxxx" end }))
end
