-- expect: error: loadfile does not exist
return function(request)
  loadfile("/etc/passwd")
end
