import type { Block, CellValue, DocumentColumn, ReportDocument, TableBlock } from '../document/document.js';
import { numberText } from '../document/values.js';
import { byText } from '../findings.js';
import type { CarrierModel, CarrierOutage, CircuitPeriod, Contract } from './model.js';
import { hours, numberColumn, periodFacts, QUALITY_COLUMNS, qualityCells, textColumn, timeColumn } from './parts.js';
import { addWanSums, groupSums, meanQuality, netPct, NO_WAN_SUMS, type QualityKind, type WanSums } from './sums.js';

/** A list of more outages is nothing to read any more; the export has them all. */
const MAX_OUTAGES = 500;
const UNKNOWN = 'Unknown provider';

const METHOD =
  'Availability is up / (up + down) of known time. Net leaves maintenance out, whether the circuit was up or down in it. Time in which nobody knows is ' +
  'neither up nor down; it is told as uncovered. Latency, jitter and loss are means of all samples.';

/** What was promised and what was kept, with the figure it is held against. */
interface Objective {
  readonly of: keyof Contract;
  readonly title: string;
  readonly unit: string;
  readonly decimals: number;
  readonly figure: (sums: WanSums) => number | null;
  readonly isKept: (figure: number, promised: number) => boolean;
}

/** At most what was promised. */
const quality = (kind: QualityKind, shown: Pick<Objective, 'of' | 'title' | 'unit' | 'decimals'>): Objective => ({
  ...shown,
  figure: (sums) => meanQuality(sums, kind),
  isKept: (figure, promised) => figure <= promised,
});

const OBJECTIVES: readonly Objective[] = [
  {
    of: 'availabilityPct',
    title: 'Net availability',
    unit: '%',
    decimals: 3,
    figure: netPct,
    isKept: (figure, promised) => figure >= promised,
  },
  quality('latency', { of: 'latencyMs', title: 'Latency', unit: 'ms', decimals: 1 }),
  quality('jitter', { of: 'jitterMs', title: 'Jitter', unit: 'ms', decimals: 1 }),
  quality('loss', { of: 'lossPct', title: 'Loss', unit: '%', decimals: 2 }),
];

type Verdict = 'kept' | 'broken' | 'no data' | 'none promised';

/** Whether sums keep all of a contract that can be judged. */
export function verdictOf(sums: WanSums, contract: Contract | undefined): Verdict {
  const promised = OBJECTIVES.flatMap((objective) => {
    const value = contract?.[objective.of];
    const figure = objective.figure(sums);
    return value === undefined ? [] : [figure === null ? null : objective.isKept(figure, value)];
  });
  if (promised.length === 0) return 'none promised';
  if (promised.includes(false)) return 'broken';
  return promised.includes(null) ? 'no data' : 'kept';
}

const COLUMNS: readonly DocumentColumn[] = [
  numberColumn('net_availability_pct', 'Net availability', '%', 3),
  numberColumn('up_h', 'Up', 'h', 1),
  numberColumn('down_h', 'Down', 'h', 2),
  numberColumn('maintenance_h', 'Maintenance', 'h', 2),
  numberColumn('uncovered_h', 'Uncovered', 'h', 1),
  ...QUALITY_COLUMNS,
  textColumn('contract', 'Contract'),
];

const cells = (sums: WanSums, contract: Contract | undefined): CellValue[] => [
  netPct(sums),
  hours(sums.upMs - sums.maintenanceUpMs),
  hours(sums.downMs - sums.maintenanceDownMs),
  hours(sums.maintenanceMs),
  Math.max(0, sums.hours - hours(sums.upMs + sums.downMs)),
  ...qualityCells(sums),
  verdictOf(sums, contract),
];

const contractTable = (contract: Contract | undefined, sums: WanSums, key: string): TableBlock => ({
  kind: 'table',
  key: `${key}_contract`,
  title: 'Against the contract',
  columns: [
    textColumn('objective', 'Objective'),
    textColumn('unit', 'Unit'),
    numberColumn('promised', 'Promised', undefined, 3),
    numberColumn('measured', 'Measured', undefined, 3),
    textColumn('verdict', 'Verdict'),
  ],
  rows: OBJECTIVES.flatMap(({ of, title, unit, figure, isKept }) => {
    const promised = contract?.[of];
    const measured = figure(sums);
    const verdict: Verdict =
      promised === undefined ? 'none promised' : measured === null ? 'no data' : isKept(measured, promised) ? 'kept' : 'broken';
    return [[title, unit, promised ?? null, measured, verdict]];
  }),
  empty: '',
});

const circuitTable = (circuits: readonly CircuitPeriod[], contract: Contract | undefined, key: string): TableBlock => ({
  kind: 'table',
  key: `${key}_circuits`,
  title: 'Circuits',
  columns: [textColumn('circuit', 'Circuit'), textColumn('circuit_id', 'Id'), textColumn('site', 'Site'), ...COLUMNS],
  rows: [...circuits]
    .sort((a, b) => (netPct(a.sums) ?? 101) - (netPct(b.sums) ?? 101) || byText(a.id, b.id))
    .map((circuit) => [circuit.name, circuit.id, circuit.siteName, ...cells(circuit.sums, contract)]),
  empty: 'None.',
});

function outageTable(outages: readonly CarrierOutage[], key: string): TableBlock {
  const longest = [...outages].sort((a, b) => b.downMs - a.downMs || a.start - b.start || byText(a.circuitId, b.circuitId));
  const shown = longest.slice(0, MAX_OUTAGES).sort((a, b) => a.start - b.start || byText(a.circuitId, b.circuitId));
  const rest = outages.length - shown.length;
  return {
    kind: 'table',
    key: `${key}_outages`,
    title: 'Outages',
    columns: [
      textColumn('circuit', 'Circuit'),
      textColumn('circuit_id', 'Id'),
      textColumn('site', 'Site'),
      timeColumn('start', 'Start'),
      timeColumn('end', 'Last known down'),
      timeColumn('up_again', 'Up again'),
      numberColumn('down_min', 'Down', 'min', 1),
      numberColumn('maintenance_min', 'In maintenance', 'min', 1),
    ],
    rows: shown.map((outage) => [
      outage.circuitName,
      outage.circuitId,
      outage.siteName,
      outage.start,
      outage.end,
      outage.upAgainAt,
      outage.downMs / 60_000,
      outage.maintenanceMs / 60_000,
    ]),
    empty: 'None.',
    ...(rest === 0 ? {} : { note: `The ${String(MAX_OUTAGES)} longest; ${String(rest)} more are in the export outages.` }),
  };
}

function carrierBlocks(model: CarrierModel, provider: string, key: string): Block[] {
  const circuits = model.circuits.filter((circuit) => (circuit.provider ?? UNKNOWN) === provider);
  const sums = circuits.reduce((sum, circuit) => addWanSums(sum, circuit.sums), NO_WAN_SUMS);
  const contract = model.contracts[provider];
  const outages = model.outages.filter((outage) => (outage.provider ?? UNKNOWN) === provider);
  const net = netPct(sums);
  return [
    { kind: 'heading', text: provider },
    {
      kind: 'figures',
      figures: [
        { label: 'Net availability', value: net === null ? 'no data' : `${numberText(net, 3)} %` },
        { label: 'Contract', value: verdictOf(sums, contract) },
        { label: 'Circuits', value: String(new Set(circuits.map(({ id }) => id)).size) },
        { label: 'Outages', value: String(outages.length) },
      ],
    },
    contractTable(contract, sums, key),
    circuitTable(circuits, contract, key),
    outageTable(outages, key),
  ];
}

/** What carriers delivered, held against what they promised, with every outage. */
export function carrierDocument(model: CarrierModel): ReportDocument {
  const providers = groupSums(model.circuits, ({ provider }) => provider ?? UNKNOWN);
  return {
    kind: 'carrier',
    title: 'Carrier evidence',
    facts: periodFacts(model),
    at: model.period.to,
    blocks: [
      { kind: 'text', text: METHOD },
      {
        kind: 'table',
        key: 'carriers',
        title: 'Carriers',
        columns: [textColumn('provider', 'Provider'), numberColumn('circuits', 'Circuits', undefined, 0), ...COLUMNS],
        rows: providers.map(({ name, members, sums }) => [name, members, ...cells(sums, model.contracts[name])]),
        empty: 'No circuit has facts in this period.',
      },
      ...providers.flatMap(({ name }, i) => carrierBlocks(model, name, `carrier_${String(i + 1)}`)),
    ],
  };
}
