-- expect: error: unpacking outside the string
return function(request)
  return string.unpack("i4", "abcd", math.maxinteger)
end
