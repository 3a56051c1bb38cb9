-- expect: killed: nor a loop
return function(request)
  deny("rule", "x")
  while true do end
end
