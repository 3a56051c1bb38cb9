-- expect: error: math.random does not exist
return function(request)
  math.random()
end
