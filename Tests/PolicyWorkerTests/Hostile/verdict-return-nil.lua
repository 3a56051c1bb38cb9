-- expect: allow: nil is nothing
return function(request)
  return nil, nil
end
