-- expect: error: load does not exist
return function(request)
  load("return 1")()
end
