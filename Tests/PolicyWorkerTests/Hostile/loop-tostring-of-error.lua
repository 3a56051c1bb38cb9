-- expect: error: the host must not call __tostring of an error object
return function(request)
  error(setmetatable({}, { __tostring = function()
    while true do end
  end }))
end
