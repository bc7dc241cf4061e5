-- When auctions ended that were over before `endedAt` was recorded: at the entry that ended them, or at their planned end
-- where that was before. Where the entry was forgotten, at the planned end, but not after the last write.
-- Topics are locked before their auctions, as batches do.
WITH "over" AS MATERIALIZED (
  SELECT "auctions"."id", "topics"."topic", coalesce("last"."offset", 0) AS "from", floor(extract(epoch FROM
    CASE WHEN "auctions"."phase" = 'CANCELLED' AND "last"."at" IS NOT NULL THEN "last"."at"
      ELSE least(to_timestamp(("auctions"."standing" ->> 'endsAt')::float8 / 1000), coalesce("last"."at", "topics"."written_at"))
    END) * 1000)::bigint AS "ended_at"
  FROM "auctions"
  JOIN "topics" ON "topics"."topic" = 'auction:' || "auctions"."id"
  LEFT JOIN LATERAL (
    SELECT "entries"."offset", "entries"."at" FROM "entries"
    WHERE "entries"."topic" = 'auction:' || "auctions"."id"
      AND "entries"."type" IN ('AuctionSold', 'AuctionUnsold', 'AuctionCancelled')
    ORDER BY "entries"."offset" DESC LIMIT 1) AS "last" ON true
  WHERE "auctions"."phase" IN ('SOLD', 'UNSOLD', 'CANCELLED') AND "auctions"."standing" ->> 'endedAt' IS NULL
  FOR UPDATE OF "topics"
), "stored" AS (
  UPDATE "auctions" SET "standing" = (
    SELECT json_object_agg("key", "value" ORDER BY "n") FROM (
      SELECT "key", "value", "n" FROM json_each("auctions"."standing") WITH ORDINALITY AS "each"("key", "value", "n")
      WHERE "key" <> 'endedAt'
      UNION ALL SELECT 'endedAt', to_json("over"."ended_at"), 1000) AS "members")
  FROM "over" WHERE "auctions"."id" = "over"."id"
), "told" AS (
  UPDATE "entries" SET "data" = (
    SELECT json_object_agg("key", CASE "key" WHEN 'standing' THEN (
      SELECT json_object_agg("key", "value" ORDER BY "n") FROM (
        SELECT "key", "value", "n" FROM json_each("entries"."data" -> 'standing') WITH ORDINALITY AS "each"("key", "value", "n")
        WHERE "key" <> 'endedAt'
        UNION ALL SELECT 'endedAt', to_json("over"."ended_at"), 1000) AS "members")
      ELSE "value" END ORDER BY "n")
    FROM json_each("entries"."data") WITH ORDINALITY AS "each"("key", "value", "n"))
  FROM "over"
  WHERE "entries"."topic" = "over"."topic" AND "entries"."offset" >= "over"."from"
    AND "entries"."data" #>> '{standing,phase}' IN ('SOLD', 'UNSOLD', 'CANCELLED')
)
-- What nodes keep of these auctions is out of date.
UPDATE "topics" SET "version" = floor(random() * 9007199254740991)::bigint
FROM "over" WHERE "topics"."topic" = "over"."topic";
