-- expect: killed: the loop is in the message handler
return function(request)
  xpcall(error, function()
    while true do end
  end)
end
