import { FactsService } from '@app/analyzer';
import { HOUR_MS, MINUTE_MS, type EpochMs } from '@app/domain';
import { requireOrg } from '@app/shared';
import { DrilldownWorld, NOW, noise, ORG, PORT } from './drilldown-world.js';

/** Clocks change, a week ends and a month ends inside. */
export const FIRST = Date.UTC(2026, 2, 26);
export const LAST = Date.UTC(2026, 3, 3);

export const LEVELS = ['circuit', 'site', 'region', 'store_type', 'provider'] as const;
export type Level = (typeof LEVELS)[number];

/** An hour of a circuit, and where the circuit was at its start. */
export interface ToldHour extends Readonly<Record<Level, string | null>> {
  readonly hour: EpochMs;
  readonly up: number;
  readonly down: number;
}

/** What was said from an instant on. */
type Dated = readonly { readonly since: EpochMs; readonly value: string | null }[];
const valueAt = (dated: Dated, at: EpochMs): string | null => dated.findLast(({ since }) => since <= at)?.value ?? null;

interface Site {
  readonly id: string;
  readonly region: Dated;
  readonly storeType: Dated;
}
interface Line {
  readonly mac: string;
  readonly provider: Dated;
  readonly first: EpochMs;
  readonly last: EpochMs;
  /** It moves from one site to the other. */
  readonly sites: readonly [Site, Site];
  readonly movesAt: EpochMs;
}

const iso = (at: EpochMs): string => new Date(at).toISOString();

/** Circuits and sites that come, move and go at random, with hours of which little or nothing is known. */
export class CoverageWorld {
  private constructor(
    readonly drilldown: DrilldownWorld,
    readonly told: readonly ToldHour[],
  ) {}

  static async start(zone: string, seed: number): Promise<CoverageWorld> {
    const next = noise(seed);
    const below = (n: number): number => Math.floor(next() * n);
    // Also in the middle of hours: those belong to where they began.
    const moment = (): EpochMs => FIRST + below((LAST - FIRST) / MINUTE_MS) * MINUTE_MS;
    const dated = (values: readonly string[], start: string | null): Dated => [
      { since: -Infinity, value: start },
      ...[moment(), moment()].sort((a, b) => a - b).map((since) => ({ since, value: values[below(values.length)] ?? null })),
    ];
    const sites = [1, 2, 3].map((i): Site => ({
      id: `site-${String(i)}`,
      region: dated(['North', 'South'], i === 1 ? 'North' : 'South'),
      storeType: dated(['small', 'large'], i === 1 ? null : 'small'),
    }));
    const lines = [1, 2, 3, 4, 5, 6].map((i) => lineOf(i, sites, { below, provider: dated(['Ash', 'Oak'], 'Oak') }));
    const told = lines.flatMap((line) => hoursOf(line, next));
    const drilldown = await DrilldownWorld.start(zone, true);
    const world = new CoverageWorld(drilldown, [...told.map(({ hour }) => hour), ...silentHours(lines[0])]);
    await world.load(sites, lines, told);
    return world;
  }

  stop(): Promise<void> {
    return this.drilldown.stop();
  }

  private async load(sites: readonly Site[], lines: readonly Line[], told: readonly { line: string | null }[]): Promise<void> {
    await this.drilldown.import('sites', ['site_id,region,region_since,store_type', ...sites.flatMap(siteRows)]);
    await this.drilldown.import('circuits', ['site_id,mac,port_id,provider,since', ...lines.flatMap(lineRows)]);
    await this.drilldown.import('circuit-hours', [
      'hour,site_id,mac,port_id,up_minutes,down_minutes,unknown_minutes',
      ...told.flatMap(({ line }) => (line === null ? [] : [line])),
    ]);
    await this.fallSilent(lines[0]);
    await this.drilldown.drain();
  }

  /** One circuit was polled, and says nothing since. */
  private async fallSilent(line: Line | undefined): Promise<void> {
    const { database } = this.drilldown;
    await database.query('update circuit set is_live = true where mac = $1', [line?.mac]);
    const org = await requireOrg(database, ORG);
    await new FactsService(database).closeHours(org.id, NOW);
  }
}

function lineOf(i: number, sites: readonly Site[], { below, provider }: { below: (n: number) => number; provider: Dated }): Line {
  const days = (LAST - FIRST) / HOUR_MS / 24;
  const first = FIRST + below((days / 2) * 24) * HOUR_MS;
  const last = first + (24 + below(Math.floor((LAST - first) / HOUR_MS) - 24)) * HOUR_MS;
  const [here, there] = [sites[i % 3], sites[below(3)]];
  if (here === undefined || there === undefined) throw new Error('There are three sites.');
  return { mac: `02000000020${String(i)}`, provider, first, last, sites: [here, there], movesAt: first + below(24) * HOUR_MS };
}

const placeAt = ({ mac, provider, sites, movesAt }: Line, hour: EpochMs) => {
  const site = sites[hour < movesAt ? 0 : 1];
  return {
    circuit: `${mac}:${PORT}`,
    site: site.id,
    region: valueAt(site.region, hour),
    store_type: valueAt(site.storeType, hour),
    provider: valueAt(provider, hour),
  };
};

function hoursOf(line: Line, next: () => number): { line: string | null; hour: ToldHour }[] {
  const hours: { line: string | null; hour: ToldHour }[] = [];
  for (let hour = line.first; hour < line.last; hour += HOUR_MS) {
    // The first hour at a site is said: an hour nobody speaks of counts for where the circuit was last.
    const isSaid = next() > 0.2 || hour === line.first || hour + HOUR_MS === line.last || hour === line.movesAt;
    const up = Math.floor(next() * 61);
    const down = Math.floor(next() * (61 - up));
    const place = placeAt(line, hour);
    const text = [iso(hour), place.site, line.mac, PORT, up, down, 60 - up - down].join(',');
    hours.push({ line: isSaid ? text : null, hour: { ...place, hour, up: isSaid ? up : 0, down: isSaid ? down : 0 } });
  }
  return hours;
}

function silentHours(line: Line | undefined): ToldHour[] {
  const hours: ToldHour[] = [];
  if (line === undefined) return hours;
  for (let hour = line.last; hour + HOUR_MS <= NOW; hour += HOUR_MS) hours.push({ ...placeAt(line, hour), hour, up: 0, down: 0 });
  return hours;
}

const sinceOf = (since: EpochMs): string => (since === -Infinity ? '' : iso(since));

const siteRows = ({ id, region, storeType }: Site): string[] => [
  ...region.map(({ since, value }) => `${id},${value ?? ''},${sinceOf(since)},`),
  ...storeType.map(({ since, value }) => `${id},,${sinceOf(since)},${value ?? ''}`),
];

const lineRows = ({ mac, provider, sites }: Line): string[] =>
  provider.map(({ since, value }) => `${sites[0].id},${mac},${PORT},${value ?? ''},${sinceOf(since)}`);
