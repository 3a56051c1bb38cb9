-- expect: error: gsub within gsub
return function(request)
  local function nest() return ("x"):gsub("x", nest) end
  nest()
end
