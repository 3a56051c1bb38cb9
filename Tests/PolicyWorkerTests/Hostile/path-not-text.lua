-- expect: error: a path that is a number
return function(request)
  return path.within(5, "/")
end
