-- expect: error: deny outside a decision
deny("rule", "x")
return function() end
