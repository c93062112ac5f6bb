-- wrk -s load.lua URL -- METHOD PAUSE_MS [BODY]: %d in BODY becomes a number that no other request has; PAUSE_MS, if not 0, is the mean pause of a
-- connection before its next request.
local number, pause, body, counts, whole = 0, 0, nil, false, nil

function init(args)
   wrk.method, pause, body = args[1], tonumber(args[2]), args[3]
   counts = body ~= nil and body:find("%d", 1, true) ~= nil
   if not counts then whole = wrk.format(nil, nil, nil, body) end
   if pause == 0 then delay = nil end
end

function request()
   if not counts then return whole end
   number = number + 1
   return wrk.format(nil, nil, nil, string.format(body, number))
end

function delay()
   return math.random(0, 2 * pause)
end
