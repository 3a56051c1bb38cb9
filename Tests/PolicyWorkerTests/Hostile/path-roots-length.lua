-- expect: killed: roots that claim a huge length
return function(request)
  return path.within("/a", setmetatable({}, { __len = function() return math.maxinteger end, __index = function() return "/b" end }))
end
