-- expect: error: as may one that returns false
return function(request)
  return false
end
