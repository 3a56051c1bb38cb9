-- expect: allow: nor in an upvalue
local count = 0
return function(request)
  if count > 0 then deny("kept", "an upvalue was kept") end
  count = count + 1
end
