-- expect: killed or error: a sparse table
return function(request)
  local t = {}
  for i = 1, 60 do t[1 << i] = ("x"):rep(1 << (i // 2)) end
  for i = 1, math.maxinteger do t[i * 1000003] = i end
end
