import { REPORT_FORMATS } from '@app/shared';

/** A report in each of its formats, as the document of the API shows it. */
export const REPORT_CONTENT = {
  'text/plain': { schema: { type: 'string' }, example: 'SUMMARY REPORT\nOrganization: Example Retail (org-1)\n' },
  'application/json': {
    schema: { type: 'object' },
    example: {
      report: 'executive',
      at: '2026-03-01T00:00:00Z',
      tables: { regions: [{ name: 'North', availability_pct: 99.95 }] },
    },
  },
  'text/html': { schema: { type: 'string' }, example: '<!doctype html>' },
  'text/csv': { schema: { type: 'string' }, example: 'Regions\r\nname,availability_pct\r\nNorth,99.95\r\n' },
  'application/pdf': { schema: { type: 'string', format: 'binary' } },
  [REPORT_FORMATS.xlsx.type]: { schema: { type: 'string', format: 'binary' } },
};
