-- expect: killed: each level of pcall begins two more
return function(request)
  local function twice()
    pcall(twice)
    pcall(twice)
  end
  while true do twice() end
end
