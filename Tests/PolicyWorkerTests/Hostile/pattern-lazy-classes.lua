-- expect: killed: the same with a class
return function(request)
  return ("a"):rep(60):match(("a-"):rep(20) .. "b")
end
