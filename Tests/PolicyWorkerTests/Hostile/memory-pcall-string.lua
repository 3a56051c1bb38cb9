-- expect: error: the same with one string
return function(request)
  local ok = pcall(string.rep, "x", 1 << 28)
  if ok then deny("memory", "it fitted") end
end
