-- expect: error: its metatable cannot be replaced
return function(request)
  setmetatable(request, nil)
end
