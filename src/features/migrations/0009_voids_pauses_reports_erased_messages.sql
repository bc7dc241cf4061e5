CREATE TABLE "report_times" (
	"topic" text NOT NULL,
	"subject" text NOT NULL,
	"reported_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "report_times_topic_subject_pk" PRIMARY KEY("topic","subject")
);
--> statement-breakpoint
ALTER TABLE "auctions" ADD COLUMN "paused_by_room" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "bids" ADD COLUMN "void_reason" text;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "phase_since" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "currency" text;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "currency_exponent" integer;--> statement-breakpoint
CREATE INDEX "bids_of_bidder" ON "bids" USING btree ("auction_id","bidder_id","amount");--> statement-breakpoint
CREATE INDEX "entries_edited" ON "entries" USING btree ("topic","offset") WHERE type = 'MessageEdited';--> statement-breakpoint
CREATE INDEX "notifications_of_message" ON "notifications" USING btree ("subject_id") WHERE read_at IS NULL AND kind IN ('MENTION', 'DIRECT_MESSAGE');--> statement-breakpoint
-- What messages said that were deleted before deletion erased it from their entries.
UPDATE "entries" SET "data" = json_build_object('message', (
  SELECT json_object_agg("key", CASE "key" WHEN 'body' THEN 'null'::json WHEN 'mentions' THEN '[]'::json ELSE "value" END)
  FROM json_each("entries"."data" -> 'message')))
FROM "messages"
WHERE "messages"."deleted_at" IS NOT NULL AND "entries"."topic" = 'messages:' || "messages"."room_id"
  AND ("entries"."offset" = "messages"."offset"
    OR "entries"."type" = 'MessageEdited' AND "entries"."offset" > "messages"."offset"
      AND "entries"."data" #>> '{message,id}' = "messages"."id");
