CREATE TABLE "executions" (
	"room_id" text NOT NULL,
	"id" text NOT NULL,
	"order_id" text NOT NULL,
	"fingerprint" text NOT NULL,
	"offset" bigint NOT NULL,
	CONSTRAINT "executions_room_id_id_pk" PRIMARY KEY("room_id","id")
);
--> statement-breakpoint
CREATE TABLE "leaderboard_archives" (
	"id" text PRIMARY KEY NOT NULL,
	"room_id" text NOT NULL,
	"method" text NOT NULL,
	"taken_at" timestamp(3) with time zone NOT NULL,
	"standings" json NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"room_id" text NOT NULL,
	"id" text NOT NULL,
	"user_id" text NOT NULL,
	"user_name" text NOT NULL,
	"symbol" text NOT NULL,
	"side" text NOT NULL,
	"type" text NOT NULL,
	"status" text NOT NULL,
	"quantity" bigint NOT NULL,
	"filled_quantity" bigint NOT NULL,
	"leaves_quantity" bigint NOT NULL,
	"limit_price" bigint,
	"filled_cost" numeric NOT NULL,
	"rejection_reason" text,
	"updated_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "orders_id_room_id_pk" PRIMARY KEY("id","room_id")
);
--> statement-breakpoint
CREATE TABLE "portfolios" (
	"room_id" text NOT NULL,
	"user_id" text NOT NULL,
	"user_name" text NOT NULL,
	"cash" bigint NOT NULL,
	"equity" bigint NOT NULL,
	"realized_pnl" bigint NOT NULL,
	"unrealized_pnl" bigint NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "portfolios_room_id_user_id_pk" PRIMARY KEY("room_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "positions" (
	"room_id" text NOT NULL,
	"user_id" text NOT NULL,
	"user_name" text NOT NULL,
	"symbol" text NOT NULL,
	"quantity" bigint NOT NULL,
	"cost" numeric,
	"mark_price" bigint,
	"realized_pnl" bigint NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "positions_room_id_user_id_symbol_pk" PRIMARY KEY("room_id","user_id","symbol")
);
--> statement-breakpoint
CREATE TABLE "statuses" (
	"kind" text NOT NULL,
	"subject_id" text NOT NULL,
	"state" text NOT NULL,
	"progress" double precision,
	"data" json,
	"user_id" text,
	"updated_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "statuses_kind_subject_id_pk" PRIMARY KEY("kind","subject_id")
);
--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"notification_id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"due_at" timestamp(3) with time zone,
	"attempts" integer NOT NULL,
	"problem" text
);
--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "delivered_through" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "read_through" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "leaderboard_archives_of_room" ON "leaderboard_archives" USING btree ("room_id","taken_at");--> statement-breakpoint
CREATE INDEX "orders_of_user" ON "orders" USING btree ("room_id","user_id");--> statement-breakpoint
CREATE INDEX "orders_latest" ON "orders" USING btree ("room_id","updated_at");--> statement-breakpoint
CREATE INDEX "orders_open" ON "orders" USING btree ("room_id","updated_at") WHERE status IN ('NEW', 'PARTIALLY_FILLED');--> statement-breakpoint
CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries" USING btree ("due_at");--> statement-breakpoint
UPDATE "members" SET "delivered_through" = "head", "read_through" = "head" FROM "topics" WHERE "topics"."topic" = 'messages:' || "members"."room_id";
