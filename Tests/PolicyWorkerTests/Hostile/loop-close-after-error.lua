-- expect: killed: closing loops while an error passes
return function(request)
  local guard <close> = setmetatable({}, { __close = function()
    while true do end
  end })
  error("x")
end
