-- expect: error: a length that overflows
return function(request)
  return ("xy"):rep(math.maxinteger)
end
