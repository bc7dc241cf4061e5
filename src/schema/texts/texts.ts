/** Descriptions by place: a type (`Bid`), or a field of one, of input types and roots as well (`Bid.amount`). */
export type Texts = Readonly<Record<string, string>>
