-- Answers that providers keep: whose they are, and where.

CREATE TABLE hotcell.responses (
    owner text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    name text NOT NULL,
    model text NOT NULL,
    made bigint NOT NULL,
    due boolean NOT NULL,
    PRIMARY KEY (owner, id)
);
CREATE INDEX responses_of_owners ON hotcell.responses (owner, made);
CREATE INDEX responses_by_time ON hotcell.responses (made);

-- Keeps an answer, unless its owner has one of its id. Now and then it puts away what is beyond
-- the most that one owner may have, of which that was made longest ago.
CREATE FUNCTION hotcell.keep_response(
    whose text, which text, called text, at text, since bigint, is_due boolean, most bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hotcell.responses (owner, id, name, model, made, due)
    VALUES (whose, which, called, at, since, is_due) ON CONFLICT DO NOTHING;
    IF random() < 1.0 / 256 THEN
        DELETE FROM hotcell.responses AS r WHERE r.owner = whose AND r.id IN (
            SELECT o.id FROM hotcell.responses AS o
            WHERE o.owner = whose ORDER BY o.made DESC OFFSET most
        );
    END IF;
END $$;

-- Puts what was used in the place of what was held, for each number once. What is put into one
-- table is put there in one order, so that gateways wait for each other and not in a circle.
--
-- Of a number that was divided, the meters are let go that are said, and the others stay held.
-- What an answer used that was due is kept by the account that finds it so; any other one that
-- comes with it counts its request alone. An account of nothing is none.
CREATE OR REPLACE FUNCTION hotcell.settle(me bigint, batch jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    fresh jsonb;
BEGIN
    WITH named AS (
        SELECT b AS entry, (b->>'number')::bigint AS number FROM jsonb_array_elements(batch) AS b
    ), kept AS (
        INSERT INTO hotcell.settled (owner, number)
        SELECT me, named.number FROM named ORDER BY named.number
        ON CONFLICT DO NOTHING RETURNING number
    )
    SELECT jsonb_agg(named.entry) INTO fresh FROM named JOIN kept USING (number);
    DELETE FROM hotcell.holds AS h
    USING jsonb_to_recordset(batch) AS b (number bigint, divided bigint, meters jsonb)
    WHERE h.owner = me AND h.number = COALESCE(b.divided, b.number)
        AND (b.divided IS NULL OR b.meters ? h.meter);
    IF EXISTS (SELECT FROM jsonb_array_elements(fresh) AS e WHERE e ? 'response') THEN
        PERFORM FROM hotcell.responses AS r WHERE (r.owner, r.id) IN (
            SELECT e.key, e.response FROM jsonb_to_recordset(fresh) AS e (key text, response text)
        ) ORDER BY r.owner, r.id FOR UPDATE;
        WITH paid AS (
            UPDATE hotcell.responses AS r SET due = false WHERE r.due AND (r.owner, r.id) IN (
                SELECT e.key, e.response
                FROM jsonb_to_recordset(fresh) AS e (key text, response text)
            ) RETURNING r.owner, r.id
        ), entered AS (
            SELECT e.entry, paid.id IS NOT NULL AND ROW_NUMBER() OVER (
                PARTITION BY paid.owner, paid.id ORDER BY e.place
            ) = 1 AS pays
            FROM jsonb_array_elements(fresh) WITH ORDINALITY AS e (entry, place)
            LEFT JOIN paid ON paid.owner = e.entry->>'key' AND paid.id = e.entry->>'response'
        )
        SELECT jsonb_agg(CASE WHEN pays OR NOT entry ? 'response' THEN entry ELSE entry || '{
            "estimated": 0, "unpriced": 0, "input": 0, "output": 0, "cache_read": 0,
            "cache_write": 0, "cost": 0, "cached": 0
        }' END) INTO fresh FROM entered;
    END IF;
    INSERT INTO hotcell.usage AS u (day, key, team, model, requests, failures, estimated,
        unpriced, input, output, cache_read, cache_write, cost, cached)
    SELECT e.day, e.key, e.team, e.model, hotcell.capped(SUM(e.requests)),
        hotcell.capped(SUM(e.failures)), hotcell.capped(SUM(e.estimated)),
        hotcell.capped(SUM(e.unpriced)), hotcell.capped(SUM(e.input)),
        hotcell.capped(SUM(e.output)), hotcell.capped(SUM(e.cache_read)),
        hotcell.capped(SUM(e.cache_write)), hotcell.capped(SUM(e.cost)),
        hotcell.capped(SUM(e.cached))
    FROM jsonb_to_recordset(fresh) AS e (day bigint, key text, team text, model text,
        requests bigint, failures bigint, estimated bigint, unpriced bigint, input bigint,
        output bigint, cache_read bigint, cache_write bigint, cost bigint,
        cached bigint)
    WHERE e.key IS NOT NULL AND GREATEST(e.requests, e.failures, e.estimated, e.unpriced,
        e.input, e.output, e.cache_read, e.cache_write, e.cost, e.cached) > 0
    GROUP BY e.day, e.key, e.team, e.model ORDER BY e.key, e.day, e.team, e.model
    ON CONFLICT (key, day, team, model) DO UPDATE SET
        requests = hotcell.capped(u.requests::numeric + excluded.requests),
        failures = hotcell.capped(u.failures::numeric + excluded.failures),
        estimated = hotcell.capped(u.estimated::numeric + excluded.estimated),
        unpriced = hotcell.capped(u.unpriced::numeric + excluded.unpriced),
        input = hotcell.capped(u.input::numeric + excluded.input),
        output = hotcell.capped(u.output::numeric + excluded.output),
        cache_read = hotcell.capped(u.cache_read::numeric + excluded.cache_read),
        cache_write = hotcell.capped(u.cache_write::numeric + excluded.cache_write),
        cost = hotcell.capped(u.cost::numeric + excluded.cost),
        cached = hotcell.capped(u.cached::numeric + excluded.cached);
    INSERT INTO hotcell.spent AS s (kind, id, day, cost)
    SELECT whose.kind, whose.id, e.day, hotcell.capped(SUM(e.cost))
    FROM jsonb_to_recordset(fresh) AS e (day bigint, key text, team text, cost bigint),
        LATERAL (VALUES ('key', e.key), ('team', NULLIF(e.team, ''))) AS whose (kind, id)
    WHERE whose.id IS NOT NULL AND e.cost > 0
    GROUP BY whose.kind, whose.id, e.day ORDER BY whose.kind, whose.id, e.day
    ON CONFLICT (kind, id, day) DO UPDATE
        SET cost = hotcell.capped(s.cost::numeric + excluded.cost);
    INSERT INTO hotcell.counts AS k (meter, start, used)
    SELECT c.meter, c.start, hotcell.capped(SUM(c.used))
    FROM jsonb_to_recordset(fresh) AS e (counts jsonb),
        jsonb_to_recordset(e.counts) AS c (meter text, start bigint, used bigint)
    GROUP BY c.meter, c.start ORDER BY c.meter
    ON CONFLICT (meter) DO UPDATE SET used = hotcell.capped(k.used::numeric + excluded.used);
END $$;

-- Says that a gateway is there, and puts away what nobody needs any more: numbers that it will
-- not send again, minutes that are over, answers that no provider keeps any more, and what
-- others left that are gone. A number that is divided is not sent again, and still holds.
CREATE OR REPLACE FUNCTION hotcell.beat(
    me bigint, lowest bigint, divided bigint[], now bigint, oldest bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hotcell.live(me);
    DELETE FROM hotcell.settled AS s WHERE s.owner = me AND s.number < lowest;
    DELETE FROM hotcell.holds AS h WHERE h.owner = me AND h.number < lowest
        AND NOT h.number = ANY (divided);
    DELETE FROM hotcell.responses AS r WHERE r.made <= oldest;
    DELETE FROM hotcell.counts AS k WHERE k.start < now - 600;
    DELETE FROM hotcell.holds AS h USING hotcell.gateways AS g
    WHERE h.owner = g.id AND g.until < clock_timestamp() - interval '1 minute';
    -- One that was only cut off may still come back with what it could not write down.
    DELETE FROM hotcell.settled AS s USING hotcell.gateways AS g
    WHERE s.owner = g.id AND g.until < clock_timestamp() - interval '7 days';
    DELETE FROM hotcell.gateways AS g WHERE g.until < clock_timestamp() - interval '7 days';
END $$;
