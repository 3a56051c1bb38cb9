-- expect: error: the request is read-only
return function(request)
  request.command = "sh"
end
