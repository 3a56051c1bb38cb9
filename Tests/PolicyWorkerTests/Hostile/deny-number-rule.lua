-- expect: error: which is text
return function(request)
  deny(5, "x")
end
