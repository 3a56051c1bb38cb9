-- expect: error: os.execute does not exist
return function(request)
  os.execute("id")
end
