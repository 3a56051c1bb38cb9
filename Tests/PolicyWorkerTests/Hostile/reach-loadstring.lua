-- expect: error: loadstring does not exist
return function(request)
  loadstring("return 1")()
end
