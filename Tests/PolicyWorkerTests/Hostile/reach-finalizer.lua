-- expect: error: a finalizer would run at a time of its own
return function(request)
  setmetatable({}, { __gc = function()
    while true do end
  end })
end
