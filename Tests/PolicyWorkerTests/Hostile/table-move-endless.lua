-- expect: killed: a move over all integers
return function(request)
  table.move({}, 1, math.maxinteger - 1, 2)
end
