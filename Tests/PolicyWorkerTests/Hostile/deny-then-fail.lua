-- expect: error: a denial does not hide a failure
return function(request)
  deny("rule", "x")
  error("y")
end
