CREATE TABLE "announcements" (
	"id" text PRIMARY KEY NOT NULL,
	"offset" bigint NOT NULL,
	"audience" text NOT NULL,
	"room_id" text,
	"severity" text NOT NULL,
	"title" text NOT NULL,
	"body" text NOT NULL,
	"published_at" timestamp(3) with time zone NOT NULL,
	"expires_at" timestamp(3) with time zone,
	"retracted_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "auctions" (
	"id" text PRIMARY KEY NOT NULL,
	"room_id" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"phase" text NOT NULL,
	"terms" json NOT NULL,
	"standing" json NOT NULL,
	"leading" json,
	"command_count" integer NOT NULL,
	"paused_at" timestamp(3) with time zone,
	"paused_ms" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "bids" (
	"id" text PRIMARY KEY NOT NULL,
	"auction_id" text NOT NULL,
	"sequence" integer NOT NULL,
	"bidder_id" text NOT NULL,
	"bidder_name" text NOT NULL,
	"amount" bigint NOT NULL,
	"kind" text NOT NULL,
	"placed_at" timestamp(3) with time zone NOT NULL,
	"voided_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "ceilings" (
	"auction_id" text NOT NULL,
	"sequence" integer NOT NULL,
	"bidder_id" text NOT NULL,
	"bidder_name" text NOT NULL,
	"maximum" bigint NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "ceilings_auction_id_sequence_pk" PRIMARY KEY("auction_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "deadlines" (
	"topic" text PRIMARY KEY NOT NULL,
	"due_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "entries" (
	"topic" text NOT NULL,
	"offset" bigint NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"type" text NOT NULL,
	"data" json NOT NULL,
	"actor_id" text,
	CONSTRAINT "entries_topic_offset_pk" PRIMARY KEY("topic","offset")
);
--> statement-breakpoint
CREATE TABLE "idempotency" (
	"caller" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"topic" text NOT NULL,
	"epoch" bigint NOT NULL,
	"offset" bigint NOT NULL,
	"reply" json NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "idempotency_caller_key_pk" PRIMARY KEY("caller","key")
);
--> statement-breakpoint
CREATE TABLE "members" (
	"room_id" text NOT NULL,
	"user_id" text NOT NULL,
	"user_name" text NOT NULL,
	"status" text NOT NULL,
	"role" text NOT NULL,
	"joined_at" timestamp(3) with time zone NOT NULL,
	"muted_until" timestamp(3) with time zone,
	CONSTRAINT "members_room_id_user_id_pk" PRIMARY KEY("room_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"id" text PRIMARY KEY NOT NULL,
	"room_id" text NOT NULL,
	"offset" bigint NOT NULL,
	"author_id" text NOT NULL,
	"author_name" text NOT NULL,
	"client_message_id" text NOT NULL,
	"fingerprint" text NOT NULL,
	"body" text,
	"mentions" json NOT NULL,
	"reply_to_id" text,
	"sent_at" timestamp(3) with time zone NOT NULL,
	"edited_at" timestamp(3) with time zone,
	"deleted_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "rooms" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"visibility" text NOT NULL,
	"phase" text NOT NULL,
	"owner" json,
	"created_at" timestamp(3) with time zone NOT NULL,
	"starts_at" timestamp(3) with time zone,
	"ends_at" timestamp(3) with time zone,
	"started_at" timestamp(3) with time zone,
	"ended_at" timestamp(3) with time zone,
	"member_count" integer NOT NULL,
	"ranking" text NOT NULL,
	"disclosure" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "topics" (
	"topic" text PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"head" bigint NOT NULL,
	"floor" bigint NOT NULL,
	"written_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "announcements_history" ON "announcements" USING btree ("offset");--> statement-breakpoint
CREATE INDEX "auctions_listing" ON "auctions" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "auctions_of_room" ON "auctions" USING btree ("room_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "bids_history" ON "bids" USING btree ("auction_id","sequence");--> statement-breakpoint
CREATE INDEX "ceilings_of_bidder" ON "ceilings" USING btree ("auction_id","bidder_id","sequence");--> statement-breakpoint
CREATE INDEX "deadlines_due" ON "deadlines" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "entries_at" ON "entries" USING btree ("at");--> statement-breakpoint
CREATE INDEX "idempotency_at" ON "idempotency" USING btree ("at");--> statement-breakpoint
CREATE INDEX "members_of_user" ON "members" USING btree ("user_id","room_id");--> statement-breakpoint
CREATE INDEX "members_listing" ON "members" USING btree ("room_id","joined_at","user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_history" ON "messages" USING btree ("room_id","offset");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_client_id" ON "messages" USING btree ("room_id","author_id","client_message_id");--> statement-breakpoint
CREATE INDEX "rooms_listing" ON "rooms" USING btree ("created_at","id");