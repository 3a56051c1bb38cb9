-- expect: allow: a long sort makes Lua ask the clock for a pivot, which must not be fatal
return function(request)
  local t = {}
  for i = 1, 4000 do t[i] = (i * 7919) % 13 end
  table.sort(t)
  for i = 1, 4000 do t[i] = i % 2 == 0 and i or -i end
  table.sort(t)
end
