-- expect: killed: greedy stars backtrack too
return function(request)
  return ("a"):rep(400):match(("a*"):rep(14) .. "b")
end
