import type { EpochMs, PortSample, PortState } from '@app/domain';
import type { FactsInput } from '../facts/facts.service.js';
import { Cells, describeFaults } from './cells.js';
import type { ImportContext, KindDefinition } from './kind.js';
import { parsePlace, PLACE_COLUMNS, placed, type PortPlace } from './places.js';

export interface SampleRow extends PortPlace {
  readonly sample: PortSample;
}

interface EventRow extends PortPlace {
  readonly at: EpochMs;
  readonly state: PortState;
}

const BATCH_OF_IMPORTS = 0;

const inputOf = ({ org, now }: ImportContext, observed: Partial<Pick<FactsInput, 'portSamples' | 'portEvents'>>): FactsInput => ({
  orgId: org.id,
  batchId: BATCH_OF_IMPORTS,
  origin: 'import',
  now,
  portSamples: [],
  portEvents: [],
  pathSamples: [],
  deviceStates: [],
  reads: [],
  ...observed,
});

function counterBits(cells: Cells): 32 | 64 | null {
  const bits = cells.integer('counter_bits');
  if (bits === null || bits === 32 || bits === 64) return bits;
  cells.fault('counter_bits', `${String(bits)} is neither 32 nor 64`);
  return null;
}

/** A sample received at an unknown time counts as received when it was taken, so that the same file brings the same rows again. */
function parseSample(cells: Cells): SampleRow {
  const at = cells.requiredTime('timestamp');
  const sample: PortSample = {
    at,
    receivedAt: cells.time('received_at') ?? at,
    up: cells.flag('up'),
    active: null,
    disabled: false,
    rxBytes: cells.bigCount('rx_bytes'),
    txBytes: cells.bigCount('tx_bytes'),
    uptimeS: cells.bigCount('uptime_s'),
    counterBits: counterBits(cells),
    speedMbps: cells.number('speed_mbps', { min: 0 }),
    lastFlappedAt: null,
    latencyMs: cells.number('latency_ms', { min: 0 }),
    jitterMs: cells.number('jitter_ms', { min: 0 }),
    lossPct: cells.number('loss_pct', { min: 0, max: 100 }),
  };
  return { ...parsePlace(cells), sample };
}

/** The sample of a plain object with the columns of `port-samples`, or why there is none. */
export function portSampleOf(row: Readonly<Record<string, unknown>>): SampleRow | { readonly reason: string } {
  const cells = new Cells(row);
  const parsed = parseSample(cells);
  const [first] = cells.faults;
  return first === undefined ? parsed : { reason: `${first.column} ${describeFaults(cells.faults)}` };
}

export const PORT_SAMPLES: KindDefinition<SampleRow> = {
  columns: [
    'timestamp',
    ...PLACE_COLUMNS,
    'up',
    'rx_bytes',
    'tx_bytes',
    'uptime_s',
    'counter_bits',
    'speed_mbps',
    'latency_ms',
    'jitter_ms',
    'loss_pct',
    'received_at',
  ],
  required: ['timestamp', ...PLACE_COLUMNS],
  parse: parseSample,
  timeOf: ({ sample }) => sample.at,
  prepare: (context, rows) =>
    context.facts.prepare(inputOf(context, { portSamples: rows.map(({ sample }) => ({ circuitId: 0, sample })) })),
  store: async (tx, context, rows) => {
    const portSamples = (await placed(tx, context, rows, ({ sample }) => sample.at)).map(({ circuitId, sample }) => ({
      circuitId,
      sample,
    }));
    return (await context.facts.apply(tx, inputOf(context, { portSamples }))).stored;
  },
};

const eventOf = (circuitId: number, { at, state }: EventRow): FactsInput['portEvents'][number] => ({
  circuitId,
  event: { at, state },
  receivedAt: at,
});

export const PORT_EVENTS: KindDefinition<EventRow> = {
  columns: ['timestamp', ...PLACE_COLUMNS, 'state'],
  required: ['timestamp', ...PLACE_COLUMNS, 'state'],
  parse: (cells) => {
    cells.given('state');
    return { at: cells.requiredTime('timestamp'), ...parsePlace(cells), state: cells.oneOf('state', ['up', 'down']) ?? 'down' };
  },
  timeOf: ({ at }) => at,
  prepare: (context, rows) => context.facts.prepare(inputOf(context, { portEvents: rows.map((row) => eventOf(0, row)) })),
  store: async (tx, context, rows) => {
    const portEvents = (await placed(tx, context, rows, ({ at }) => at)).map((row) => eventOf(row.circuitId, row));
    return (await context.facts.apply(tx, inputOf(context, { portEvents }))).stored;
  },
};
