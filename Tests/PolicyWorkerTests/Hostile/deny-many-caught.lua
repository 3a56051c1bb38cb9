-- expect: error: also where the last were caught
return function(request)
  for i = 1, 1000 do pcall(deny, "rule", "%d", i) end
end
