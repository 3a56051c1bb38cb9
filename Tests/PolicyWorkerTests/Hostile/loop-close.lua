-- expect: killed: a to-be-closed variable whose closing loops
return function(request)
  local guard <close> = setmetatable({}, { __close = function()
    while true do end
  end })
end
