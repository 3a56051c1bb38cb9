-- expect: error: running out of memory is remembered, also when pcall caught it
return function(request)
  pcall(function()
    local t = {}
    while true do t[#t + 1] = {} end
  end)
end
