-- expect: killed: long matches one after the other
return function(request)
  local text, pattern = ("a"):rep(100000), ("**a"):rep(300)
  while true do glob.match(pattern, text) end
end
