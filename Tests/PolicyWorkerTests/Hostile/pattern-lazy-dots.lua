-- expect: killed: backtracking with no instruction of Lua
return function(request)
  local s = ("a"):rep(200)
  return s:find((".-"):rep(12) .. "b")
end
