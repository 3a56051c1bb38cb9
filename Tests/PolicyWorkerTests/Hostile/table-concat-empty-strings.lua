-- expect: killed: concat of 2^63 empty strings
return function(request)
  return table.concat(setmetatable({}, { __index = function() return "" end }), "", 1, math.maxinteger - 1)
end
