-- expect: error: also where its format was to blame
return function(request)
  pcall(deny, "rule", "%d", "x")
end
