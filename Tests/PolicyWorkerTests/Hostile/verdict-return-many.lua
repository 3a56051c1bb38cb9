-- expect: error: a result after nil counts too
return function(request)
  return nil, nil, "allow"
end
