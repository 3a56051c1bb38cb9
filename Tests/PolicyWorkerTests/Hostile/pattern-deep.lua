-- expect: error: a pattern nested deeper than Lua allows
return function(request)
  return ("a"):rep(300000):match(("(a"):rep(40) .. (")"):rep(40))
end
