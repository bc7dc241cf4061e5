/** Descriptions by coordinate: a type (`Bid`) or a field (`Bid.amount`), including input types and root types. */
export type Texts = Readonly<Record<string, string>>
