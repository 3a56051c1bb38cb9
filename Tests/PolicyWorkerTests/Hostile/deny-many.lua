-- expect: error: more denials than fit
return function(request)
  for i = 1, 1000 do deny("rule", "%d", i) end
end
