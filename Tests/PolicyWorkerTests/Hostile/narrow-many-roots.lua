-- expect: error: a list without end
return function(request)
  local roots = {}
  for i = 1, 100000 do roots[i] = request.working_directory .. "/" .. i end
  narrow { write_roots = roots }
end
