-- expect: error: sort of a list that claims too much
return function(request)
  table.sort(setmetatable({}, { __len = function() return math.maxinteger end }))
end
