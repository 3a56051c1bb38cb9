-- expect: killed: narrowing for ever
return function(request)
  while true do narrow { permission_mode = "plan" } end
end
