export { writeWorkbook, type Sheet } from './workbook.js';
export { renderPdf } from './pdf.js';
