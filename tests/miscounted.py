"""Where the store's counts and its rows disagree: both read in one statement, and so in one snapshot."""

_OF_A_UNIT = """
    SELECT '{unit}' AS unit, at, service, level, coalesce(counted.events, 0), coalesce(stored.events, 0)
    FROM (
        SELECT at, service, level, sum(events)::bigint AS events FROM (
            SELECT {unit} AS at, service, level, events FROM event_count_{unit}
            UNION ALL
            SELECT date_trunc('{unit}', minute, 'UTC'), service, level, events FROM event_count_new
        ) AS all_counts GROUP BY 1, 2, 3
    ) AS counted
    FULL JOIN (
        SELECT date_trunc('{unit}', time, 'UTC') AS at, service, level, count(*) AS events
        FROM log_event GROUP BY 1, 2, 3
    ) AS stored USING (at, service, level)
    WHERE coalesce(counted.events, 0) <> coalesce(stored.events, 0)
"""
# One row a disagreement: unit, when, service, level, counted, stored.
MISCOUNTED = " UNION ALL ".join(_OF_A_UNIT.format(unit=unit) for unit in ("minute", "hour"))
