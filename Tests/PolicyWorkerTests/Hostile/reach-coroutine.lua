-- expect: error: coroutine.wrap does not exist
return function(request)
  coroutine.wrap(function() end)()
end
