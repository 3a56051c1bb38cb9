-- expect: killed: %b from every start
return function(request)
  return ("("):rep(200000):find("%b()")
end
