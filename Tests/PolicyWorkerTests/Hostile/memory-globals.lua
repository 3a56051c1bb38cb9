-- expect: killed or error: globals count too
return function(request)
  for i = 1, math.maxinteger do _ENV["g" .. i] = i end
end
