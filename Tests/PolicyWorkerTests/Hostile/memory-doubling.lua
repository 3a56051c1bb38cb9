-- expect: error: a string that doubles
return function(request)
  local s = "x"
  while true do s = s .. s end
end
