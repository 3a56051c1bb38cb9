-- expect: error: a table that grows
return function(request)
  local t = {}
  while true do t[#t + 1] = {} end
end
