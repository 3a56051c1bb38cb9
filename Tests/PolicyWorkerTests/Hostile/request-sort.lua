-- expect: error: and for table.sort
return function(request)
  table.sort(request.args, function(a, b) return a > b end)
end
