export { writeWorkbook, type Sheet } from './workbook.js';
