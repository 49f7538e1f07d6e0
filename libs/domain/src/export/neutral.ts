/** What a spreadsheet may take for the beginning of a formula; the wide forms count as the narrow ones. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** A text that no spreadsheet runs as a formula: an apostrophe goes before it, as people do who type one. */
export const neutralText = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);
