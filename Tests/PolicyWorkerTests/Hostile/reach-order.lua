-- expect: allow: pairs does not follow the hash seed
return function(request)
  local seen = {}
  for key in pairs({ z = 1, a = 1, m = 1, [2] = 1, [1] = 1 }) do seen[#seen + 1] = tostring(key) end
  if table.concat(seen) ~= "12amz" then deny("order", table.concat(seen)) end
end
