-- expect: killed: tail calls grow no stack
return function(request)
  local function again() return again() end
  again()
end
