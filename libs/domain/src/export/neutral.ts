/** What a spreadsheet may take for the beginning of a formula; the wide forms count as the narrow ones. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** A text that no spreadsheet runs as a formula: an apostrophe goes before it, as people do who type one. */
export const neutralText = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** Where a reader with another separator would begin a cell, when a formula follows; quotes and blanks do not keep it from being one. */
const INNER_FORMULA = /[;\t\r\n](?=[" ]*[=+\-@＝＋－＠])/g;

/** The same for CSV, which many spreadsheets split at `;` or tab whatever is quoted: none of the cells they make is a formula. */
export const neutralCsvText = (text: string): string => neutralText(text.replace(INNER_FORMULA, "$&'"));
