-- expect: error: debug.getregistry does not exist
return function(request)
  debug.getregistry()
end
