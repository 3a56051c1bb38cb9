-- expect: error: io.open does not exist
return function(request)
  io.open("/etc/passwd")
end
