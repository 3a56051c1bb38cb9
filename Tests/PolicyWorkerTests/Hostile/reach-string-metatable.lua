-- expect: error: the metatable that all strings share is locked
return function(request)
  getmetatable("").__index = function() return "poisoned" end
end
