-- expect: error: nor can table functions write to it
return function(request)
  table.insert(math, "x")
end
