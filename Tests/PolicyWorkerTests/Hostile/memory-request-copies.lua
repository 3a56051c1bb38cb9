-- expect: killed or error: copies of the request
return function(request)
  local all = {}
  while true do
    local copy = {}
    for key, value in pairs(request) do copy[key] = value end
    all[#all + 1] = copy
  end
end
