-- expect: error: a format with more padding than fits
return function(request)
  return string.pack("c" .. (1 << 30), "")
end
