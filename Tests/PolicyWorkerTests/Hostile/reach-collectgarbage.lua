-- expect: error: collectgarbage does not exist
return function(request)
  collectgarbage("stop")
end
