-- expect: killed: the chunk itself never returns
while true do end
return function() end
