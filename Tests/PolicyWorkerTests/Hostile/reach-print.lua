-- expect: error: print does not exist
return function(request)
  print("x")
end
