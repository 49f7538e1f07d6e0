import { createReadStream } from 'node:fs';
import { isNativeError } from 'node:util/types';
import type { EpochMs } from '@app/domain';
import { parseSettings, PermanentError, upsertOrg, type Database, type Settings } from '@app/shared';
import { AlertingService } from '../alerting/alerting.service.js';
import { FactsService } from '../facts/facts.service.js';
import { FailoversService } from '../failovers/failovers.service.js';
import { SleWriter } from '../sle/sle.writer.js';
import { describeFaults } from './cells.js';
import { Gate } from './gate.js';
import type { Chunk, ImportContext } from './kind.js';
import { IMPORT_KINDS, isImportKind, kindEntry, type ImportKind } from './kinds.js';
import { Lane, laneOfText } from './lane.js';
import { withPatience } from './patience.js';
import { readRows, type ImportFormat, type RawRow } from './reader.js';

export interface ImportError {
  /** Where the row starts, counted from 1. */
  readonly line: number;
  readonly column: string | null;
  readonly reason: string;
}

export interface ImportResult {
  /** Rows read, the refused ones among them. */
  readonly rows: number;
  /** Rows that were new or changed something. */
  readonly stored: number;
  /** Rows that said what was known already. */
  readonly unchanged: number;
  readonly refused: number;
  /** The first refused rows, at most `MAX_LISTED_ERRORS`. */
  readonly errors: readonly ImportError[];
}

export type ImportProgress = Pick<ImportResult, 'rows' | 'stored' | 'refused'>;

export interface ImportRequest {
  readonly database: Database;
  readonly kind: ImportKind;
  /** Path of the file; or else `text`. */
  readonly file?: string;
  readonly text?: string;
  readonly orgExternalId: string;
  readonly now: EpochMs;
  /** Default: by the ending of the file. */
  readonly format?: ImportFormat;
  readonly settings?: Settings;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** How rows are shared out; left out: as goes quickest. The outcome is the same. */
  readonly shares?: ImportShares;
}

export interface ImportShares {
  /** Rows stored together, at most. */
  readonly rows?: number;
  /** Transactions at a time, for kinds that may have more than one. */
  readonly lanes?: number;
}

/** A file of nothing but faults must not fill the memory with their list. */
export const MAX_LISTED_ERRORS = 50_000;
/** Rows after which progress is told, stored or not. */
const ROWS_A_STEP = 2_000;
/** Few rows at a time are between file and chunk: the young die cheaply, and those that wait are copied by the garbage collector. */
const READ_BYTES = 65_536;

/**
 * Brings a file of history into the database: streamed, in transactions of some thousand rows. Rows that are wrong are listed and left out, their
 * neighbours are stored. The same file a second time changes nothing, and an import that was cut short is simply run again.
 */
export async function importFile(request: ImportRequest): Promise<ImportResult> {
  const { kind, orgExternalId } = request;
  if (!isImportKind(kind)) {
    throw new PermanentError(
      'IMPORT_KIND_UNKNOWN',
      `There is no import of "${String(kind)}"; known are ${IMPORT_KINDS.join(', ')}.`,
    );
  }
  if (orgExternalId.trim() === '') throw new PermanentError('IMPORT_ORG_EMPTY', 'The id of the organization is empty.');
  const run = new ImportRun(request);
  await run.begin();
  try {
    for await (const rows of readRows(bytesOf(request), formatOf(request), kindEntry(kind))) await run.take(rows);
  } catch (error) {
    await run.settled();
    throw unreadable(error, request.file);
  }
  return run.finish();
}

/** Lanes of a kind whose rows may be shared out. */
const LANES = 2;

/** Collects rows to chunks and stores the full ones. */
class ImportRun {
  private lanes: readonly Lane[] = [];
  private readonly laneColumn: string | null;
  private context: Promise<ImportContext> | null = null;
  private readonly gate = new Gate();
  /** The first failure of a lane, whichever it was. */
  private failure: { readonly error: unknown } | null = null;
  private rows = 0;
  private stored = 0;
  private refused = 0;
  private readonly errors: ImportError[] = [];

  constructor(private readonly request: ImportRequest) {
    this.laneColumn = kindEntry(request.kind).laneColumn;
  }

  /** Before the first row. */
  async begin(): Promise<void> {
    const { kind, shares: { rows, lanes = LANES } = {} } = this.request;
    const count = this.laneColumn === null || (await withPatience(() => hasLinks(this.request))) ? 1 : lanes;
    const work = {
      newChunk: () => kindEntry(kind).newChunk(rows),
      store: (chunk: Chunk) => this.noticed(this.storeChunk(chunk)),
    };
    this.lanes = Array.from({ length: count }, () => new Lane(work));
  }

  /** One lane must not go on for long when another one has failed. */
  private async noticed(storing: Promise<void>): Promise<void> {
    try {
      await storing;
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  private stopIfFailed(): void {
    if (this.failure !== null) throw this.failure.error;
  }

  async take(rows: readonly RawRow[]): Promise<void> {
    this.stopIfFailed();
    for (const row of rows) {
      this.rows++;
      if (row.row === null) this.refuse({ line: row.line, column: row.column, reason: row.reason });
      else {
        const lane = this.laneOf(row.row);
        this.add(lane, row.line, row.row);
        if (lane.isFull) await lane.store();
      }
      if (this.rows % ROWS_A_STEP === 0) this.tell();
    }
  }

  /** Rows with the same text in the column go the same way, so that the last of them counts. */
  private laneOf(row: Readonly<Record<string, unknown>>): Lane {
    const { lanes, laneColumn } = this;
    const place = laneColumn === null || lanes.length < 2 ? 0 : laneOfText(String(row[laneColumn]).trim(), lanes.length);
    const lane = lanes[place];
    if (lane === undefined) throw new RangeError('The import takes rows before it has begun.');
    return lane;
  }

  private add(lane: Lane, line: number, row: Readonly<Record<string, unknown>>): void {
    const faults = lane.add(row);
    const [first] = faults;
    if (first !== undefined) this.refuse({ line, column: first.column, reason: describeFaults(faults) });
  }

  private refuse(error: ImportError): void {
    this.refused++;
    if (this.errors.length < MAX_LISTED_ERRORS) this.errors.push(error);
  }

  private async storeChunk(chunk: Chunk): Promise<void> {
    this.stopIfFailed();
    if (chunk.size > 0) {
      const context = await this.contextNow();
      const stored = await withPatience(() => chunk.store(context));
      this.stored += stored;
    }
    this.tell();
  }

  /** Made once for both lanes; a failure is not kept. */
  private contextNow(): Promise<ImportContext> {
    this.context ??= withPatience(() => contextOf(this.request, this.gate)).catch((error: unknown) => {
      this.context = null;
      throw error;
    });
    return this.context;
  }

  private tell(): void {
    const { rows, stored, refused } = this;
    this.request.onProgress?.({ rows, stored, refused });
  }

  /** Nothing is under way any more, whether it failed or not. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.lanes.map((lane) => lane.ended()));
  }

  async finish(): Promise<ImportResult> {
    if (this.failure === null) await Promise.allSettled(this.lanes.map((lane) => lane.store()));
    // A failure is told when no lane is at work any more.
    await this.settled();
    this.stopIfFailed();
    if (this.context !== null) await findFailovers(await this.context);
    const { rows, stored, refused, errors } = this;
    return { rows, stored, unchanged: rows - refused - stored, refused, errors: [...errors].sort((a, b) => a.line - b.line) };
  }
}

/** Where gateways were replaced, two of them tell of one circuit, and the last row of both counts: all rows go one way. */
async function hasLinks({ database, orgExternalId }: ImportRequest): Promise<boolean> {
  const rows = await database.query(
    'select 1 from circuit_alias a join org o on o.id = a.org_id where o.external_id = $1 limit 1',
    [orgExternalId.trim()],
  );
  return rows.length > 0;
}

/** Also where no analyzer runs; one that runs may do part of it. */
async function findFailovers({ database, settings, org, now }: ImportContext): Promise<void> {
  const failovers = new FailoversService(database, new AlertingService(database, settings), settings);
  await withPatience(() => failovers.drain(org.id, now));
}

async function contextOf(
  { database, orgExternalId, now, settings = parseSettings('{}', {}) }: ImportRequest,
  gate: Gate,
): Promise<ImportContext> {
  const externalId = orgExternalId.trim();
  const { name, reportingTimezone } = settings.orgs.find(({ id }) => id === externalId) ?? {};
  const org = await upsertOrg(database, {
    externalId,
    ...(name === undefined ? {} : { name }),
    ...(reportingTimezone === undefined ? {} : { reportingTimezone }),
  });
  return { database, settings, facts: new FactsService(database, settings), sle: new SleWriter(settings), org, now, gate };
}

function bytesOf({ file, text }: ImportRequest): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (file !== undefined) return createReadStream(file, { highWaterMark: READ_BYTES });
  return [Buffer.from(text ?? '', 'utf8')];
}

function formatOf({ format, file }: ImportRequest): ImportFormat {
  if (format !== undefined) return format;
  if (file === undefined || /\.csv$/i.test(file)) return 'csv';
  if (/\.(ndjson|jsonl)$/i.test(file)) return 'ndjson';
  throw new PermanentError(
    'IMPORT_FORMAT_UNKNOWN',
    `"${file}" ends neither in .csv nor in .ndjson, so its format is not known; rename it or give the format.`,
  );
}

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
};

/** A file that cannot be opened becomes a clear error; everything else passes unchanged. */
function unreadable(error: unknown, file: string | undefined): unknown {
  const code = isNativeError(error) && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const reason = FILE_FAULTS[code];
  if (file === undefined || reason === undefined) return error;
  return new PermanentError('IMPORT_FILE_UNREADABLE', `"${file}" cannot be read: ${reason}.`, { cause: error });
}
