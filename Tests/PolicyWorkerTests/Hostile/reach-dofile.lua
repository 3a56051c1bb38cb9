-- expect: error: dofile does not exist
return function(request)
  dofile("/etc/passwd")
end
