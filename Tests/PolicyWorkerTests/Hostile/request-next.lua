-- expect: error: next hands out the values, not the table behind
return function(request)
  local key, value = next(request.labels)
  request.labels[key] = value .. "x"
end
