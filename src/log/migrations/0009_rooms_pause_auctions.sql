ALTER TABLE "auctions" ADD COLUMN "paused_by_room" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "phase_since" timestamp(3) with time zone;--> statement-breakpoint
CREATE INDEX "bids_of_bidder" ON "bids" USING btree ("auction_id","bidder_id","amount");