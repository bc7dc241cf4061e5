-- Rooms that are stored by bare words are known to clients by ids with the prefix: those that older versions wrote into the
-- data of notifications. What services wrote there is theirs, and stays.
WITH "bare" AS MATERIALIZED (
  SELECT "id" FROM "notifications"
  WHERE "kind" NOT IN ('ROOM', 'CUSTOM')
    AND "data" ->> 'roomId' IN ('global', 'authenticated', 'admin', 'demo', 'demo-trade')
    AND ("data" -> 'auctionId' IS NOT NULL OR "data" -> 'messageId' IS NOT NULL)
)
UPDATE "notifications" SET "data" = (
  SELECT json_object_agg("key", CASE "key" WHEN 'roomId' THEN to_json('room_' || ("value" #>> '{}')) ELSE "value" END ORDER BY "n")
  FROM json_each("data") WITH ORDINALITY AS "each"("key", "value", "n"))
FROM "bare" WHERE "notifications"."id" = "bare"."id";--> statement-breakpoint
-- By topic: entries have no other index to find them by.
UPDATE "entries" SET "data" = (
  SELECT json_object_agg("of_entry"."key", CASE "of_entry"."key" WHEN 'notification' THEN (
    SELECT json_object_agg("of_notification"."key", CASE "of_notification"."key" WHEN 'data' THEN (
      SELECT json_object_agg("of_data"."key", CASE "of_data"."key" WHEN 'roomId'
        THEN to_json('room_' || ("of_data"."value" #>> '{}')) ELSE "of_data"."value" END ORDER BY "of_data"."n")
      FROM json_each("of_notification"."value") WITH ORDINALITY AS "of_data"("key", "value", "n"))
      ELSE "of_notification"."value" END ORDER BY "of_notification"."n")
    FROM json_each("of_entry"."value") WITH ORDINALITY AS "of_notification"("key", "value", "n"))
    ELSE "of_entry"."value" END ORDER BY "of_entry"."n")
  FROM json_each("entries"."data") WITH ORDINALITY AS "of_entry"("key", "value", "n"))
FROM "topics"
WHERE "topics"."topic" LIKE 'notifications:%' AND "entries"."topic" = "topics"."topic"
  AND "entries"."type" = 'NotificationCreated'
  AND "entries"."data" #>> '{notification,kind}' NOT IN ('ROOM', 'CUSTOM')
  AND "entries"."data" #>> '{notification,data,roomId}' IN ('global', 'authenticated', 'admin', 'demo', 'demo-trade')
  AND ("entries"."data" #> '{notification,data,auctionId}' IS NOT NULL
    OR "entries"."data" #> '{notification,data,messageId}' IS NOT NULL);
