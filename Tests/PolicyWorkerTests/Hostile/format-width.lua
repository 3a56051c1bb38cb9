-- expect: error: a width of more than two digits
return function(request)
  return ("%0999999999d"):format(1)
end
