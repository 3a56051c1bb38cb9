-- expect: error: at every depth
return function(request)
  request.principal.roles[1] = "admin"
end
