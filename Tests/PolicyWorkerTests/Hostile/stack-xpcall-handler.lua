-- expect: error: an error in the handler of an error
return function(request)
  xpcall(error, function() error("again") end)
  local function handler() return handler() + 1 end
  local ok = xpcall(error, handler)
  error("both were caught")
end
