-- expect: error: a rule has a name
return function(request)
  deny("", "x")
end
