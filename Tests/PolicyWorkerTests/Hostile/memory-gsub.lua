-- expect: killed or error: each letter becomes many
return function(request)
  local s = ("x"):rep(1000)
  while true do s = s:gsub("x", "xxxx") end
end
