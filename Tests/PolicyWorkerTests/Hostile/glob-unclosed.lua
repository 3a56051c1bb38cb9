-- expect: error: a class that does not end
return function(request)
  return glob.match("[a", "a")
end
