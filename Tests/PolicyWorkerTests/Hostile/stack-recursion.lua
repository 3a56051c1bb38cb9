-- expect: error: recursion without end
return function(request)
  local function down() return 1 + down() end
  down()
end
