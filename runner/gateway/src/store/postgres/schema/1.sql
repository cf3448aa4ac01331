-- What several gateways share. Every function is one step: what it reads and what it writes
-- happen together, or not at all.

CREATE TABLE hotcell.keys (
    id text COLLATE "C" PRIMARY KEY,
    hash bytea NOT NULL UNIQUE,
    team text COLLATE "C",
    record text NOT NULL
);
CREATE INDEX keys_of_teams ON hotcell.keys (team);

CREATE TABLE hotcell.teams (id text COLLATE "C" PRIMARY KEY, record text NOT NULL);

CREATE TABLE hotcell.usage (
    day bigint NOT NULL,
    key text COLLATE "C" NOT NULL,
    team text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    requests bigint NOT NULL,
    failures bigint NOT NULL,
    estimated bigint NOT NULL,
    unpriced bigint NOT NULL,
    input bigint NOT NULL,
    output bigint NOT NULL,
    cache_read bigint NOT NULL,
    cache_write bigint NOT NULL,
    cost bigint NOT NULL,
    cached bigint NOT NULL,
    PRIMARY KEY (key, day, team, model)
);
CREATE INDEX usage_of_teams ON hotcell.usage (team, day);

-- The costs of `usage` once more, of each key and each team by days: what budgets are about.
CREATE TABLE hotcell.spent (
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    day bigint NOT NULL,
    cost bigint NOT NULL,
    PRIMARY KEY (kind, id, day)
);

-- Requests and tokens of a minute.
CREATE TABLE hotcell.counts (
    meter text COLLATE "C" PRIMARY KEY,
    start bigint NOT NULL,
    used bigint NOT NULL
);

-- A gateway that did not say for some time that it is there is taken to be gone, and whatever
-- it held is held no more. It is this server's clock that counts.
CREATE TABLE hotcell.gateways (id bigint PRIMARY KEY, until timestamptz NOT NULL);

-- What is held for requests under way, each with the number that its gateway gave it.
CREATE TABLE hotcell.holds (
    owner bigint NOT NULL,
    number bigint NOT NULL,
    meter text COLLATE "C" NOT NULL,
    amount bigint NOT NULL,
    PRIMARY KEY (owner, number, meter)
);
CREATE INDEX holds_of_meters ON hotcell.holds (meter);

-- Numbers that are accounted for: one that comes again, because its gateway never heard that it
-- was kept, changes nothing.
CREATE TABLE hotcell.settled (
    owner bigint NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (owner, number)
);

-- As large as a number can be, where the sum is larger.
CREATE FUNCTION hotcell.capped(total numeric) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT LEAST(total, 9223372036854775807)::bigint
$$;

-- Says that a gateway is there.
CREATE FUNCTION hotcell.live(me bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM hotcell.gateways
        WHERE id = me AND until > clock_timestamp() + interval '20 seconds'
    ) THEN
        INSERT INTO hotcell.gateways AS known (id, until)
        VALUES (me, clock_timestamp() + interval '30 seconds')
        ON CONFLICT (id) DO UPDATE SET until = GREATEST(known.until, excluded.until);
    END IF;
END $$;

-- Where meters stand, without what this one number holds of them.
CREATE FUNCTION hotcell.standings(me bigint, which bigint, claims jsonb)
RETURNS TABLE (place bigint, claim jsonb, used numeric, held numeric) LANGUAGE sql STABLE AS $$
    SELECT c.place, c.claim,
        CASE WHEN c.claim->>'unit' = 'money' THEN (
            SELECT COALESCE(SUM(s.cost), 0) FROM hotcell.spent AS s
            WHERE s.kind = c.claim->>'kind' AND s.id = c.claim->>'id'
                AND s.day >= (c.claim->>'day')::bigint
        ) ELSE (
            SELECT COALESCE(SUM(k.used), 0) FROM hotcell.counts AS k
            WHERE k.meter = c.claim->>'meter'
        ) END,
        (
            SELECT COALESCE(SUM(h.amount), 0)
            FROM hotcell.holds AS h JOIN hotcell.gateways AS g ON g.id = h.owner
            WHERE h.meter = c.claim->>'meter' AND g.until > clock_timestamp()
                AND NOT (h.owner = me AND h.number = which)
        )
    FROM jsonb_array_elements(claims) WITH ORDINALITY AS c (claim, place)
$$;

-- Holds all of these claims, or none of them where one does not fit. Gives where each meter
-- stood before, and which claim does not fit, if one does not.
CREATE FUNCTION hotcell.hold(me bigint, which bigint, claims jsonb)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    stood jsonb;
    first_over bigint;
BEGIN
    PERFORM hotcell.live(me);
    -- One after the other on each meter, and on several in one order. The statements after this
    -- one see whatever those before have kept.
    PERFORM pg_advisory_xact_lock(1752134755, l.lock) FROM (
        SELECT DISTINCT hashtext(c->>'meter') AS lock
        FROM jsonb_array_elements(claims) AS c ORDER BY 1
    ) AS l;
    -- It was given up already, and overtook itself.
    IF EXISTS (SELECT FROM hotcell.settled AS s WHERE s.owner = me AND s.number = which) THEN
        RAISE EXCEPTION 'this number is settled';
    END IF;
    SELECT
        jsonb_agg(jsonb_build_array(hotcell.capped(s.used), hotcell.capped(s.held))
            ORDER BY s.place),
        MIN(s.place) FILTER (WHERE NOT (
            s.used + s.held + (s.claim->>'amount')::numeric <= (s.claim->>'limit')::numeric
            OR (s.held = 0 AND s.used < (s.claim->>'limit')::numeric)
        ))
    INTO stood, first_over FROM hotcell.standings(me, which, claims) AS s;
    DELETE FROM hotcell.holds AS h WHERE h.owner = me AND h.number = which;
    IF first_over IS NULL THEN
        INSERT INTO hotcell.holds (owner, number, meter, amount)
        SELECT me, which, c->>'meter', (c->>'amount')::bigint
        FROM jsonb_array_elements(claims) AS c;
    END IF;
    RETURN jsonb_build_object('before', stood, 'over', first_over - 1);
END $$;
