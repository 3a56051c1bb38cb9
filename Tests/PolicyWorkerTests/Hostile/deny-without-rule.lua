-- expect: error: deny needs a rule
return function(request)
  deny()
end
