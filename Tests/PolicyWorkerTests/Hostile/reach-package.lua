-- expect: error: package.loadlib does not exist
return function(request)
  package.loadlib("libc.so.6", "system")
end
