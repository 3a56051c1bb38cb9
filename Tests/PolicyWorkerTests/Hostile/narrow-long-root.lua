-- expect: error: a root that is long
return function(request)
  narrow { write_roots = { request.working_directory .. ("/x"):rep(100000) } }
end
