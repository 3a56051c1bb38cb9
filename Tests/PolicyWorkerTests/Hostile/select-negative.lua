-- expect: error: select before the first argument
return function(request)
  return select(-5, 1)
end
