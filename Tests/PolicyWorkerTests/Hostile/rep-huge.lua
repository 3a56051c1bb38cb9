-- expect: error: a string larger than memory
return function(request)
  return ("x"):rep(1 << 40)
end
