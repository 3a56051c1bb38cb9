-- expect: error: a table that says something else each time
return function(request)
  narrow(setmetatable({}, { __index = function(_, key) if key == "permission_mode" then return "plan" end end }))
end
