-- expect: killed: so does gmatch
return function(request)
  for _ in ("a"):rep(3000):gmatch(".-.-.-.-b") do end
end
