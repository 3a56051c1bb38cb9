-- expect: error: sort within sort
return function(request)
  local function nest()
    table.sort({ 2, 1 }, nest)
    return false
  end
  nest()
end
