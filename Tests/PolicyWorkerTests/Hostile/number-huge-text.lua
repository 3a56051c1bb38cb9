-- expect: error: a number of a million digits is read, and is no answer
return function(request)
  return tonumber(("9"):rep(1000000))
end
