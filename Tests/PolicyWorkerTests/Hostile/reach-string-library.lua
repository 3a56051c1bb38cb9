-- expect: error: the string library is read-only
return function(request)
  string.upper = function() return "poisoned" end
end
