-- expect: error: nor trust its __name
return function(request)
  error(setmetatable({}, { __name = ("x"):rep(100000) }))
end
