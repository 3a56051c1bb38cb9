-- expect: error: a denial that failed is not forgotten
return function(request)
  pcall(deny, {}, "x")
end
