-- expect: error: string.dump does not exist
return function(request)
  string.dump(function() end)
end
