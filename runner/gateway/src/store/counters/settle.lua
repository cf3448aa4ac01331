-- Puts what was used in the place of what was held, once.
-- KEYS: meters. ARGV: the hold's name, then what was used of each.
local name = 'h:' .. ARGV[1]
for i, meter in ipairs(KEYS) do
    local own = redis.call('HGET', meter, name)
    if own then
        redis.call('HDEL', meter, name)
        redis.call('HINCRBY', meter, 'held', 0 - tonumber(own))
        redis.call('HINCRBY', meter, 'used', ARGV[1 + i])
    end
end
return 0
