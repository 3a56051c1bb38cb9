-- expect: allow: tostring shows no address
return function(request)
  for _, value in ipairs({ {}, pairs, function() end, request, string }) do
    if tostring(value):find("0x") or ("%s"):format(value):find("0x") then deny("address", "shown") end
  end
end
