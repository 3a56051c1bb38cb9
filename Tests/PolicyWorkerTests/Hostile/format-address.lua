-- expect: error: %p shows where things lie
return function(request)
  return ("%p"):format({})
end
