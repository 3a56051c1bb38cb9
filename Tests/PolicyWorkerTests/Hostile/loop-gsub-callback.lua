-- expect: killed: a callback of gsub
return function(request)
  ("x"):gsub("x", function()
    while true do end
  end)
end
