-- expect: killed: a plain search of quadratic length
return function(request)
  local half = ("a"):rep(1 << 20)
  return (half .. half):find(half:sub(2) .. "b", 1, true)
end
