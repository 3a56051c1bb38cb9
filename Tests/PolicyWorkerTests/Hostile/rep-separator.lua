-- expect: error: the separator is what grows
return function(request)
  return ("x"):rep(1 << 16, ("y"):rep(1 << 16))
end
