-- expect: killed: a loop in a function that a table hides
return function(request)
  local hidden = { { { run = function()
    repeat until false
  end } } }
  hidden[1][1].run()
end
