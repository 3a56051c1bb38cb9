-- expect: error: closures that hold each other
return function(request)
  local f = function() end
  while true do
    local g = f
    f = function() return g end
  end
end
