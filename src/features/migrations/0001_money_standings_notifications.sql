CREATE TABLE "followers" (
	"topic" text PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"state" json NOT NULL
);
--> statement-breakpoint
CREATE TABLE "holds" (
	"auction_id" text NOT NULL,
	"user_id" text NOT NULL,
	"currency" text NOT NULL,
	"amount" bigint NOT NULL,
	CONSTRAINT "holds_auction_id_user_id_pk" PRIMARY KEY("auction_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"offset" bigint NOT NULL,
	"kind" text NOT NULL,
	"title" text NOT NULL,
	"body" text NOT NULL,
	"subject_id" text,
	"data" json,
	"created_at" timestamp(3) with time zone NOT NULL,
	"read_at" timestamp(3) with time zone
);
--> statement-breakpoint
CREATE TABLE "standings" (
	"board" text NOT NULL,
	"user_id" text NOT NULL,
	"user_name" text NOT NULL,
	"score" bigint NOT NULL,
	"reached_at" timestamp(3) with time zone NOT NULL,
	"reached" bigint NOT NULL,
	"previous_rank" integer,
	CONSTRAINT "standings_board_user_id_pk" PRIMARY KEY("board","user_id")
);
--> statement-breakpoint
CREATE TABLE "transfers" (
	"sequence" bigserial PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"currency" text NOT NULL,
	"amount" bigint NOT NULL,
	"debit" text NOT NULL,
	"credit" text NOT NULL,
	"auction_id" text,
	"offset" bigint,
	"at" timestamp(3) with time zone NOT NULL,
	"actor_id" text,
	CONSTRAINT "transfers_move_something" CHECK ("transfers"."amount" > 0 AND "transfers"."debit" <> "transfers"."credit")
);
--> statement-breakpoint
CREATE TABLE "wallets" (
	"user_id" text NOT NULL,
	"currency" text NOT NULL,
	"balance" bigint NOT NULL,
	"held" bigint NOT NULL,
	CONSTRAINT "wallets_user_id_currency_pk" PRIMARY KEY("user_id","currency"),
	CONSTRAINT "wallets_cover_their_holds" CHECK ("wallets"."held" >= 0 AND "wallets"."balance" >= "wallets"."held")
);
--> statement-breakpoint
ALTER TABLE "ceilings" ADD COLUMN "offer_kind" text;--> statement-breakpoint
ALTER TABLE "ceilings" ADD COLUMN "offer" bigint;--> statement-breakpoint
UPDATE "ceilings" SET "offer_kind" = CASE WHEN EXISTS (
	SELECT 1 FROM "bids" WHERE "bids"."auction_id" = "ceilings"."auction_id" AND "bids"."bidder_id" = "ceilings"."bidder_id"
		AND "bids"."placed_at" = "ceilings"."at" AND "bids"."kind" <> 'PROXY' AND "bids"."amount" = "ceilings"."maximum"
) THEN 'amount' ELSE 'maximum' END, "offer" = "maximum";--> statement-breakpoint
ALTER TABLE "ceilings" ALTER COLUMN "offer_kind" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "ceilings" ALTER COLUMN "offer" SET NOT NULL;--> statement-breakpoint
UPDATE "auctions" SET "terms" = ("terms"::jsonb || '{"funded": false}')::json;--> statement-breakpoint
ALTER TABLE "ceilings" ADD COLUMN "bid_id" text;--> statement-breakpoint
ALTER TABLE "ceilings" ADD COLUMN "voided_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "ceilings" ADD COLUMN "void_reason" text;--> statement-breakpoint
ALTER TABLE "ceilings" ADD COLUMN "voided_by" text;--> statement-breakpoint
CREATE INDEX "holds_of_user" ON "holds" USING btree ("user_id","currency");--> statement-breakpoint
CREATE UNIQUE INDEX "notifications_history" ON "notifications" USING btree ("user_id","offset");--> statement-breakpoint
CREATE INDEX "notifications_unread" ON "notifications" USING btree ("user_id","offset") WHERE read_at IS NULL;--> statement-breakpoint
CREATE INDEX "standings_order" ON "standings" USING btree ("board","score" DESC NULLS LAST,"reached");--> statement-breakpoint
CREATE INDEX "transfers_of_auction" ON "transfers" USING btree ("auction_id","sequence");