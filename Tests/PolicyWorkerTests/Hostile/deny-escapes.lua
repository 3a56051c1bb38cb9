-- expect: error: reasons that grow sixfold when written
return function(request)
  for _ = 1, 64 do deny(("\1"):rep(128), ("\1"):rep(2048)) end
  error("written")
end
