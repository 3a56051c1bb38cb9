-- expect: error: an order of tables would be one of addresses
return function(request)
  for _ in pairs({ [{}] = 1 }) do end
end
