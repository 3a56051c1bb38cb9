-- expect: error: a root with a NUL, which ends the text for C
return function(request)
  narrow { write_roots = { request.working_directory .. "\0/x" } }
end
