-- expect: error: a packed string larger than memory
return function(request)
  return string.pack("!16 s8", "x"):rep(1 << 30)
end
