-- Holds all of these claims, or none of them where one does not fit.
-- KEYS: meters. ARGV: the hold's name, seconds to keep a meter, then an amount and a limit each.
-- Gives the place of the claim that does not fit, or 0, and what was used and held before.
local name = 'h:' .. ARGV[1]
local answer, over = { 0 }, 0
for i, meter in ipairs(KEYS) do
    local amount, limit = tonumber(ARGV[1 + 2 * i]), tonumber(ARGV[2 + 2 * i])
    -- It came before, and the answer was lost.
    local own = redis.call('HGET', meter, name)
    if own then
        redis.call('HDEL', meter, name)
        redis.call('HINCRBY', meter, 'held', 0 - tonumber(own))
    end
    local used = tonumber(redis.call('HGET', meter, 'used') or '0')
    local held = tonumber(redis.call('HGET', meter, 'held') or '0')
    local fits = used + held + amount <= limit or (held == 0 and used < limit)
    if not fits and over == 0 then over = i end
    answer[2 * i], answer[2 * i + 1] = used, held
end
if over == 0 then
    for i, meter in ipairs(KEYS) do
        redis.call('HSET', meter, name, ARGV[1 + 2 * i])
        redis.call('HINCRBY', meter, 'held', ARGV[1 + 2 * i])
        redis.call('EXPIRE', meter, ARGV[2])
    end
end
answer[1] = over
return answer
