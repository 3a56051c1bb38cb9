-- expect: error: a pattern that ends too early
return function(request)
  return ("a"):find("[a")
end
