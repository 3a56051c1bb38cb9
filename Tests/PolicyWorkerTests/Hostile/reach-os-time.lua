-- expect: error: os.time does not exist
return function(request)
  os.time()
end
