-- expect: killed: a for loop to the largest integer
return function(request)
  for _ = 1, math.maxinteger do end
end
