-- expect: killed: pcall swallows whatever would end the loop
return function(request)
  while true do
    pcall(function()
      while true do end
    end)
  end
end
